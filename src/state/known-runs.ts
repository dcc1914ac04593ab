import { existsSync } from 'node:fs';
import type { Repository } from '../aim/repository.js';
import type { RunMetadata } from '../aim/run-metadata.js';
import { runHash } from '../mapping/run-hash.js';
import type { ResolvedOptions } from '../options.js';
import type { SoughtPart } from '../outcome.js';
import type { CheckTask, RunConverter } from '../run/task/run-converter.js';
import type { RunTask } from '../run/task/run-task.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { AcceptedMissing } from './accepted-missing.js';
import type { Ledger, LedgerEntry } from './ledger.js';
import type { Retries } from './retries.js';

/** A run of the source, with what is known of it. */
export interface CheckedRun {
  readonly job: RunTask;
  /** It is as it was when it was converted. */
  readonly upToDate: boolean;
  /** Whether it went on in MLflow then; undefined where that is not known. */
  readonly active?: boolean;
}

/** What the ledger and the repository say of the runs of the source. */
export class KnownRuns {
  constructor(
    private readonly repository: Repository,
    private readonly ledger: Ledger,
    private readonly metadata: RunMetadata,
    private readonly threads: Pick<RunConverter, 'check'>,
    private readonly retries: Retries,
    private readonly accepted: AcceptedMissing,
    private readonly options: Pick<ResolvedOptions, 'includeDeleted' | 'restoreRemoved'>,
  ) {}

  /**
   * Finds those runs of a batch that are as they were when they were converted.
   * @param hinted something has happened to these runs, be it that what could not be read can be by now
   */
  async check(batch: readonly EnumeratedRun[], hinted = false): Promise<CheckedRun[]> {
    await this.metadata.whenReadable();
    const found = batch.map((run) => this.lookUp(run, hinted));
    const known = found.filter(({ job }) => job.known !== undefined && !this.isLeftOut(job));
    const answers = known.length === 0 ? [] : await this.threads.check(known.map(({ job }) => checkJob(job)));
    const byJob = new Map(known.map(({ job }, i) => [job, answers[i]]));
    return found.map(({ job, active }) => {
      const { upToDate = false, revision } = byJob.get(job) ?? {};
      const marked = revision === undefined ? job : { ...job, revision };
      return { job: marked, upToDate, ...(active !== undefined && { active }) };
    });
  }

  isLeftOut({ experiment }: Pick<RunTask, 'experiment'>): boolean {
    return experiment.lifecycleStage === 'deleted' && !this.options.includeDeleted;
  }

  /**
   * Whether a person has removed a converted run in Aim, be it this very moment: then its row is gone and its data may still
   * be there. A run whose row was never finished (`pending`) was not removed by anybody. One that has its row and no data is
   * damaged, unless Aim is just removing it: it removes both in one transaction, whose end ours waits for.
   */
  wasRemoved({ hash }: Pick<RunTask, 'hash'>): boolean {
    if (this.options.restoreRemoved) return false;
    const entry = this.ledger.get(hash);
    if (entry === undefined) return false;
    if (!existsSync(this.repository.meta(hash))) return !this.metadata.hasOnceSettled(hash);
    return entry.pending === undefined && !this.metadata.has(hash);
  }

  private lookUp(run: EnumeratedRun, hinted: boolean): Omit<CheckedRun, 'upToDate'> {
    const hash = runHash(run.ref.runId);
    const entry = this.ledger.get(hash);
    const listed = this.metadata.has(hash);
    if (!listed || entry === undefined) return { job: { ...run, hash, listed } };
    const { revision, inputs, properties, active, growth } = entry;
    // one that was deleted in MLflow, and taken all the same, is to be left out again
    const isWithdrawn = properties.archived && entry.deleted === undefined && !this.options.includeDeleted;
    const reviewAt = isWithdrawn ? 0 : entry.reviewAt;
    const unread = this.accepted.left(entry);
    const known = {
      revision,
      inputs,
      reviewAt,
      ...(growth !== undefined && { growth }),
      ...(unread.length > 0 && { unread }),
      again: this.lookedAtAgain(entry, unread, hinted),
    };
    const job = { ...run, hash, listed, known, before: properties };
    return { job, ...(active !== undefined && { active }) };
  }

  /**
   * What of a run that may be as it was is to be looked at again. Of a run that goes on there is a hint with each point:
   * those say nothing of what could not be read.
   */
  private lookedAtAgain(entry: LedgerEntry, unread: readonly SoughtPart[], hinted: boolean): readonly SoughtPart[] {
    const { hash, active, awaited } = entry;
    if (unread.length === 0 && awaited === undefined) return [];
    if (!this.retries.isDue(hash) && (!hinted || active === true)) return [];
    return awaited !== undefined && existsSync(awaited) ? [...unread, { part: 'artifacts', empty: true }] : unread;
  }
}

/** What is needed to check a run; not the state of its metrics, which may be large, nor what could not be read. */
function checkJob({ experiment, ref, hash, known }: RunTask): CheckTask {
  if (known === undefined) return { experiment, ref, hash };
  const { growth: _, unread: __, ...marks } = known;
  return { experiment, ref, hash, known: marks };
}
