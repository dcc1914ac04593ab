import { existsSync } from 'node:fs';
import type { Repository } from '../aim/repository.js';
import type { RunMetadata } from '../aim/run-metadata.js';
import { runHash } from '../mapping/run-hash.js';
import type { ResolvedOptions } from '../options.js';
import type { SoughtPart } from '../outcome.js';
import type { KeptNotices } from '../run/task/kept-notices.js';
import type { RunConverter } from '../run/task/run-converter.js';
import type { RunTask } from '../run/task/run-task.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { AcceptedMissing } from './accepted-missing.js';
import type { Families } from './families.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import type { Retries } from './retries.js';

/** A listed run, with what is known of it from earlier conversions. */
export interface CheckedRun extends RunTask {
  /** Nothing has changed since it was converted. */
  readonly isUpToDate: boolean;
  /** Whether it was active in MLflow then; undefined if that is not known. */
  readonly wasActive?: boolean;
  /** What was lost or changed in that conversion; absent for nothing. */
  readonly notices?: KeptNotices;
}

/** Why runs are checked; by default only because they exist. */
export interface CheckReason {
  /** The source has reported a change of these runs: parts that could not be read are worth another attempt. */
  readonly changed?: boolean;
  /** They are to be read again even if they have not changed. */
  readonly force?: boolean;
}

/** What no converter needs to know. */
type EarlierState = Pick<CheckedRun, 'wasActive' | 'notices'>;

/** What {@link KnownRuns} works with. */
export interface KnownRunsContext {
  readonly repository: Pick<Repository, 'meta'>;
  readonly ledger: Pick<Ledger, 'get'>;
  readonly metadata: Pick<RunMetadata, 'has' | 'hasOnceSettled' | 'whenReadable'>;
  readonly converter: Pick<RunConverter, 'check'>;
  readonly retries: Pick<Retries, 'isDue'>;
  readonly families: Pick<Families, 'of'>;
  readonly accepted: Pick<AcceptedMissing, 'left' | 'notices'>;
  readonly options: Pick<ResolvedOptions, 'includeDeleted' | 'restoreRemoved'>;
  /** Wall-clock time in milliseconds; each task carries the time of its check. */
  readonly now: () => number;
}

/** What ledger and repository know about the runs of the source. */
export class KnownRuns {
  constructor(private readonly context: KnownRunsContext) {}

  /** Finds the runs of a batch that are unchanged since they were converted. */
  async check(batch: readonly EnumeratedRun[], reason: CheckReason = {}): Promise<CheckedRun[]> {
    await this.context.metadata.whenReadable();
    const now = this.context.now();
    const found: (RunTask & EarlierState)[] = [];
    for (const run of batch) {
      const family = await this.context.families.of(run);
      found.push(this.lookUp({ ...run, now, ...(family !== undefined && { family }) }, reason));
    }
    const known = found.filter((run) => run.known !== undefined && !this.isLeftOut(run));
    const results = known.length === 0 ? [] : await this.context.converter.check(known.map(checkTask));
    const resultOf = new Map(known.map((run, i) => [run, results[i]]));
    return found.map((run) => {
      // without a result the run counts as changed
      const { upToDate: isUpToDate = false, revision } = resultOf.get(run) ?? {};
      return { ...run, isUpToDate, ...(revision !== undefined && { revision }) };
    });
  }

  isLeftOut({ experiment }: Pick<RunTask, 'experiment'>): boolean {
    return experiment.lifecycleStage === 'deleted' && !this.context.options.includeDeleted;
  }

  /**
   * Whether somebody has removed a converted run in Aim, or is removing it at this moment: Aim deletes the row first and the
   * data later. A run whose row was never finished (`pending`) was not removed. One with a row but no data is damaged, unless
   * Aim is in the middle of the transaction that removes both; {@link RunMetadata.hasOnceSettled} waits for its end.
   */
  wasRemoved({ hash }: Pick<RunTask, 'hash'>): boolean {
    const { repository, ledger, metadata, options } = this.context;
    if (options.restoreRemoved) return false;
    const entry = ledger.get(hash);
    if (entry === undefined) return false;
    if (!existsSync(repository.meta(hash))) return !metadata.hasOnceSettled(hash);
    return entry.pending === undefined && !metadata.has(hash);
  }

  private lookUp(
    run: EnumeratedRun & Pick<RunTask, 'now' | 'family'>,
    { changed = false, force = false }: CheckReason,
  ): RunTask & EarlierState {
    const { ledger, metadata, accepted, options } = this.context;
    const hash = runHash(run.ref.runId);
    const entry = ledger.get(hash);
    const existsInAim = metadata.has(hash);
    if (!existsInAim || entry === undefined) return { ...run, hash, existsInAim };
    const { revision, inputs, properties, active, appendState } = entry;
    // it was converted although deleted in MLflow (--include-deleted), and is now to be left out
    const isWithdrawn = properties.archived && entry.deleted === undefined && !options.includeDeleted;
    const unread = accepted.left(entry);
    const known = {
      revision,
      inputs,
      reviewAt: isWithdrawn ? 0 : entry.reviewAt,
      ...(appendState !== undefined && { appendState }),
      ...(unread.length > 0 && { unread }),
      again: this.partsToRetry(entry, unread, changed),
      ...(force && { forced: true as const }),
    };
    return {
      ...{ ...run, hash, existsInAim, known, previousProperties: properties },
      ...(active !== undefined && { wasActive: active }),
      ...(entry.notices !== undefined && {
        notices: { ...entry.notices, notices: accepted.notices(entry, entry.notices.notices) },
      }),
    };
  }

  /** The parts to try again although the run is unchanged. An active run changes with every point, which proves nothing. */
  private partsToRetry(entry: LedgerEntry, unread: readonly SoughtPart[], changed: boolean): readonly SoughtPart[] {
    const { hash, active, awaited } = entry;
    if (unread.length === 0 && awaited === undefined) return [];
    if (!this.context.retries.isDue(hash) && (!changed || active === true)) return [];
    return awaited !== undefined && existsSync(awaited) ? [...unread, { part: 'artifacts', empty: true }] : unread;
  }
}

/** Without the state of its metrics and its unread parts: both may be large, and the check does not need them. */
function checkTask({ experiment, ref, hash, now, existsInAim, family, known }: RunTask): RunTask {
  const task = { experiment, ref, hash, now, existsInAim, ...(family !== undefined && { family }) };
  if (known === undefined) return task;
  const { appendState: _, unread: __, ...rest } = known;
  return { ...task, known: rest };
}
