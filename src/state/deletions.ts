import { removeRuns } from '../aim/remove-runs.js';
import type { Repository } from '../aim/repository.js';
import { isBeingTracked, wasWrittenByAim } from '../aim/run-files.js';
import type { RunMetadata } from '../aim/run-metadata.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { DeletedRun } from '../outcome.js';
import type { DeletedPolicy } from '../policies.js';
import type { Ledger, LedgerEntry } from './ledger.js';

/** No run has this revision: one that comes back is read again even if it is unchanged. */
const NO_REVISION = '';

/** The runs to handle now: those to remove, and those to archive or keep. */
interface DueRuns {
  readonly removed: readonly LedgerEntry[];
  readonly others: readonly LedgerEntry[];
}

/**
 * Applies `--deleted`: a converted run that is deleted in MLflow, or no longer in its source at all, is archived, removed
 * or kept. Runs are collected by {@link add} and {@link addMissing} and handled together by {@link apply}; after a crash in
 * between, the next conversion finds them again. A run that comes back is converted as if it had changed. Its row is then
 * compared with what was written last, so that only a run that we archived ourselves is unarchived.
 */
export class Deletions {
  private readonly pending = new Map<string, LedgerEntry>();

  constructor(
    private readonly repository: Repository,
    private readonly metadata: RunMetadata,
    private readonly ledger: Ledger,
    private readonly policy: DeletedPolicy,
  ) {}

  /** The run is deleted in MLflow. Does nothing if it was never converted, or was already handled. */
  add(hash: string): void {
    const entry = this.ledger.get(hash);
    if (entry !== undefined && this.isDue(entry)) this.pending.set(hash, entry);
  }

  /** A run of this hash exists after all: the source has several of one id, and another one is deleted. */
  discard(hash: string): void {
    this.pending.delete(hash);
  }

  /** Adds the missing runs of which the source itself says that it does not have them. */
  async addMissing(
    hashes: readonly string[],
    store: Pick<TrackingStore, 'missingRuns'>,
    signal: AbortSignal,
  ): Promise<void> {
    const due = hashes.flatMap((hash) => this.ledger.get(hash) ?? []).filter((entry) => this.isDue(entry));
    if (due.length === 0) return;
    const missing = new Set(
      await store.missingRuns?.(
        due.map(({ runId }) => runId),
        signal,
      ),
    );
    for (const entry of due)
      if (store.missingRuns === undefined || missing.has(entry.runId)) this.pending.set(entry.hash, entry);
  }

  /** No run is waiting for {@link apply}. */
  get isEmpty(): boolean {
    return this.pending.size === 0;
  }

  /** Handles the collected runs, except those that Aim is tracking right now. Nothing else may write the index meanwhile. */
  apply(): DeletedRun[] {
    const due = this.due();
    this.pending.clear();
    if (this.policy === 'keep') this.keep(due.others);
    else this.archive(due.others);
    this.remove(due.removed);
    return this.told(due);
  }

  /** What {@link apply} would do; for a plan. Writes nothing. */
  planned(): DeletedRun[] {
    return this.told(this.due());
  }

  private due(): DueRuns {
    const entries = [...this.pending.values()].filter(({ hash }) => !isBeingTracked(this.repository, hash));
    const removed = new Set(entries.filter((entry) => entry.deleted === 'removing' || this.mayRemove(entry)));
    return { removed: [...removed], others: entries.filter((entry) => !removed.has(entry)) };
  }

  private told({ removed, others }: DueRuns): DeletedRun[] {
    const action = this.policy === 'keep' ? 'kept' : 'archived';
    const code = this.policy === 'remove' ? 'changed-by-aim' : undefined;
    return [
      ...removed.map((entry) => deletedRun(entry, 'removed')),
      ...others.map((run) => deletedRun(run, action, code)),
    ];
  }

  /** A run without a row was removed in Aim by a person: nothing is left to do. */
  private isDue({ hash, deleted }: LedgerEntry): boolean {
    if (deleted === 'removing') return true;
    if (!this.metadata.has(hash)) return false;
    if (deleted === undefined) return true;
    if (this.policy === 'archive') return deleted === 'kept';
    return this.policy === 'remove' && !wasWrittenByAim(this.repository, hash);
  }

  private mayRemove({ hash }: LedgerEntry): boolean {
    return this.policy === 'remove' && !wasWrittenByAim(this.repository, hash);
  }

  private keep(entries: readonly LedgerEntry[]): void {
    this.ledger.write(entries.map((entry) => ({ ...entry, revision: NO_REVISION, deleted: 'kept' })));
  }

  /**
   * A run that a person has archived stays archived when it comes back. The ledger says beforehand what is about to be
   * written, so that after a crash our own archiving is not taken for a person's.
   */
  private archive(entries: readonly LedgerEntry[]): void {
    const now = entries.map((entry): LedgerEntry => {
      const ours =
        entry.pending?.some(({ archived }) => archived) === true || this.metadata.isArchived(entry.hash) === false;
      const properties = ours ? { ...entry.properties, archived: true } : entry.properties;
      const { pending: _, ...settled } = entry;
      return { ...settled, properties, revision: NO_REVISION, deleted: 'archived' };
    });
    this.ledger.write(entries.map((entry, i) => ({ ...entry, pending: [now[i]!.properties], revision: NO_REVISION })));
    this.metadata.transaction(() => {
      for (const [i, { hash, properties }] of entries.entries()) {
        this.metadata.write(hash, now[i]!.properties, properties);
      }
    });
    this.ledger.write(now);
  }

  private remove(entries: readonly LedgerEntry[]): void {
    if (entries.length === 0) return;
    this.ledger.write(entries.map((entry) => ({ ...entry, revision: NO_REVISION, deleted: 'removing' })));
    removeRuns(
      this.repository,
      this.metadata,
      entries.map(({ hash }) => hash),
    );
    for (const { hash } of entries) this.ledger.delete(hash);
  }
}

function deletedRun(entry: LedgerEntry, action: DeletedRun['action'], code?: DeletedRun['code']): DeletedRun {
  const { name, experiment } = entry.properties;
  return {
    runId: entry.runId,
    runHash: entry.hash,
    ...(name !== undefined && { runName: name }),
    experiment: experiment.name,
    action,
    ...(code !== undefined && { code }),
  };
}
