import { removeRuns } from '../aim/remove-runs.js';
import type { Repository } from '../aim/repository.js';
import { isBeingTracked, wasWrittenByAim } from '../aim/run-files.js';
import type { RunMetadata } from '../aim/run-metadata.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { DeletedRun } from '../outcome.js';
import type { DeletedPolicy } from '../policies.js';
import type { Ledger, LedgerEntry } from './ledger.js';

/** The revision of a run that is to be read again should it come back, whatever it looks like then. */
const READ_AGAIN = '';

const WRITTEN_BY_AIM = 'Aim has written the run since it was converted, so it is archived and not removed.';

/**
 * Follows what MLflow deletes. A converted run that is deleted there, or is no longer in its source at all, is archived,
 * removed or kept. Runs are gathered by {@link gone} and dealt with together by {@link settle}; killed in between, the
 * next conversion meets them again. A run that comes back is converted as if it had changed: the row's state then is
 * compared with what was written last, so that only what we have archived is brought back.
 */
export class Deletions {
  private readonly gathered = new Map<string, LedgerEntry>();

  constructor(
    private readonly repository: Repository,
    private readonly metadata: RunMetadata,
    private readonly ledger: Ledger,
    private readonly policy: DeletedPolicy,
  ) {}

  /** MLflow has this run no more. Nothing happens when it was never converted, or has been dealt with. */
  gone(hash: string): void {
    const entry = this.ledger.get(hash);
    if (entry !== undefined && this.isDue(entry)) this.gathered.set(hash, entry);
  }

  /** A listing lacks these runs: those are gone that the source itself says it does not have. */
  async missed(
    hashes: readonly string[],
    store: Pick<TrackingStore, 'missingRuns'>,
    signal: AbortSignal,
  ): Promise<void> {
    const due = hashes.flatMap((hash) => this.ledger.get(hash) ?? []).filter((entry) => this.isDue(entry));
    if (due.length === 0) return;
    const gone = new Set(
      await store.missingRuns?.(
        due.map(({ runId }) => runId),
        signal,
      ),
    );
    for (const entry of due)
      if (store.missingRuns === undefined || gone.has(entry.runId)) this.gathered.set(entry.hash, entry);
  }

  /** Nothing has been gathered. */
  get isSettled(): boolean {
    return this.gathered.size === 0;
  }

  /** Deals with all that were gathered. What concerns the index must not be written by anybody else meanwhile. */
  settle(): DeletedRun[] {
    const entries = [...this.gathered.values()].filter(({ hash }) => !isBeingTracked(this.repository, hash));
    this.gathered.clear();
    const removed = entries.filter((entry) => entry.deleted === 'removing' || this.mayRemove(entry));
    const others = entries.filter((entry) => !removed.includes(entry));
    if (this.policy === 'keep') this.keep(others);
    else this.archive(others);
    this.remove(removed);
    const action = this.policy === 'keep' ? 'kept' : 'archived';
    const reason = this.policy === 'remove' ? WRITTEN_BY_AIM : undefined;
    return [...removed.map((entry) => goneRun(entry, 'removed')), ...others.map((run) => goneRun(run, action, reason))];
  }

  /** A run that has no row was removed by a person in Aim, and is none of ours. */
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
    this.ledger.write(entries.map((entry) => ({ ...entry, revision: READ_AGAIN, deleted: 'kept' })));
  }

  /**
   * What a person has archived already is theirs, and stays archived should the run come back. The ledger notes what is
   * about to be done, so that after a crash the one can be told from the other.
   */
  private archive(entries: readonly LedgerEntry[]): void {
    const now = entries.map((entry): LedgerEntry => {
      const ours =
        entry.pending?.some(({ archived }) => archived) === true || this.metadata.isArchived(entry.hash) === false;
      const properties = ours ? { ...entry.properties, archived: true } : entry.properties;
      const { pending: _, ...settled } = entry;
      return { ...settled, properties, revision: READ_AGAIN, deleted: 'archived' };
    });
    this.ledger.write(entries.map((entry, i) => ({ ...entry, pending: [now[i]!.properties], revision: READ_AGAIN })));
    this.metadata.transaction(() => {
      for (const [i, { hash, properties }] of entries.entries()) {
        this.metadata.write(hash, now[i]!.properties, properties);
      }
    });
    this.ledger.write(now);
  }

  private remove(entries: readonly LedgerEntry[]): void {
    if (entries.length === 0) return;
    this.ledger.write(entries.map((entry) => ({ ...entry, revision: READ_AGAIN, deleted: 'removing' })));
    removeRuns(
      this.repository,
      this.metadata,
      entries.map(({ hash }) => hash),
    );
    for (const { hash } of entries) this.ledger.delete(hash);
  }
}

function goneRun(entry: LedgerEntry, action: DeletedRun['action'], reason?: string): DeletedRun {
  const { name, experiment } = entry.properties;
  return {
    runId: entry.runId,
    runHash: entry.hash,
    ...(name !== undefined && { runName: name }),
    experiment: experiment.name,
    action,
    ...(reason !== undefined && { reason }),
  };
}
