import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import highland from 'highland';
import type { Repository } from '../aim/repository.js';
import { removeStaged, stagedFiles } from '../aim/run-files.js';
import { type IndexOutcome, writeIndex } from '../aim/run-index.js';
import type { RunMetadata } from '../aim/run-metadata.js';
import { asFatal } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import { sourceInputs } from '../mlflow/source-inputs.js';
import type { ResolvedOptions } from '../options.js';
import type { RunReport } from '../outcome.js';
import { Publisher } from '../publish/publisher.js';
import { type RunResult, type RunTask, report } from '../run/task/run-task.js';
import { isWorkerLoss } from '../run/worker-loss.js';
import { WorkerPool } from '../run/worker-pool.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { AcceptedMissing } from '../state/accepted-missing.js';
import { Deletions } from '../state/deletions.js';
import { type CheckedRun, KnownRuns } from '../state/known-runs.js';
import type { Ledger } from '../state/ledger.js';
import { Retries } from '../state/retries.js';
import { DamagedRuns } from './damaged-runs.js';
import { takeHold, tellDamage } from './holdings.js';
import { RunIds } from './run-ids.js';
import { PendingReports, type RunListener } from './run-news.js';

const PROGRESS_INTERVAL = 100;

/** So many runs are checked in one go, or as many as have been listed in so many milliseconds. */
const CHECKED_AT_ONCE = 128;
const LISTED_IN = 20;

/** Batches that are being checked at once, so that no thread has to wait for its next. */
const CHECKS_PER_THREAD = 2;

export interface PassOptions extends RunListener {
  /** Of a watch: the pass ends when its runs are visible, and what the index lacks is left to the next. */
  readonly brief?: boolean;
  /** Of a watch: something has happened to just these runs. */
  readonly hinted?: boolean;
}

/**
 * Writes runs into a repository that is ours alone while it lasts: it holds what all runs share (ledger, rows, worker
 * threads, publisher), for one pass or, in a watch, for as many as come. After a pass that was rejected it is of no use any
 * more, except to be closed.
 */
export class Conversion {
  readonly ledger: Ledger;
  private readonly metadata: RunMetadata;
  private readonly threads: WorkerPool;
  private readonly publisher: Publisher;
  private readonly deletions: Deletions;
  private readonly checks: number;
  /** Those met in this pass. */
  private ids = new RunIds();
  private readonly accepted: AcceptedMissing;
  private readonly known: KnownRuns;
  private readonly damaged = new DamagedRuns();
  /** Once stopped, the threads are gone and what remains is done here. */
  private stopped = false;
  /** That of the pass that is under way. */
  private news = new PendingReports({ done: () => {} });

  constructor(
    private readonly options: ResolvedOptions,
    private readonly events: ConvertEvents,
    private readonly store: TrackingStore,
    private readonly repository: Repository,
    retries = new Retries(),
  ) {
    const { trackingUri, includeDeleted, overwrite, mapping, artifacts, concurrency, source } = options;
    rmSync(repository.staging, { recursive: true, force: true });
    const inputs = sourceInputs(source, process.env);
    const runOptions = { includeDeleted, overwrite, mapping, artifacts, source: inputs };
    const threads = { concurrency, max: store.maxThreads ?? availableParallelism() };
    this.checks = CHECKS_PER_THREAD * Math.min(threads.concurrency, threads.max);
    const work = { trackingUri, source, repository: repository.path, options: runOptions };
    const warn = (message: string) => void events.emit('warning', { message });
    ({
      ledger: this.ledger,
      metadata: this.metadata,
      accepted: this.accepted,
      threads: this.threads,
    } = takeHold(repository, options.missing, () => new WorkerPool(work, threads, warn)));
    this.known = new KnownRuns({
      repository,
      ledger: this.ledger,
      metadata: this.metadata,
      converter: this.threads,
      retries,
      accepted: this.accepted,
      options,
    });
    this.publisher = new Publisher({
      repository,
      metadata: this.metadata,
      ledger: this.ledger,
      source: store.uri,
      writeIndex: (hashes, compact) => this.writeIndex(hashes, compact),
      events: {
        onPublished: (hashes) => {
          this.news.published(hashes);
          events.emit('publish', { runs: hashes.length });
        },
        onPassedOver: (hash, why) => this.news.passedOver(hash, why),
        onWarning: warn,
      },
    });
    this.deletions = new Deletions(repository, this.metadata, this.ledger, options.deleted);
    tellDamage(this.ledger, repository.ledgerFile, warn);
  }

  /**
   * Brings these runs up to date; resolves when all of them are published, failed ones excepted. Rejects with a `fatal`
   * error, or with the signal's reason when that is aborted; what is whole by then is published all the same.
   */
  async pass(runs: AsyncIterable<EnumeratedRun>, signal: AbortSignal, options: PassOptions): Promise<void> {
    this.news = new PendingReports(options);
    const progress = setInterval(() => this.events.emit('progress', this.threads.takeProgress()), PROGRESS_INTERVAL);
    const stop = () => {
      this.metadata.hurry();
      void this.stopThreads();
    };
    signal.addEventListener('abort', stop);
    this.ids = new RunIds();
    try {
      signal.throwIfAborted();
      this.repository.checkIdentity();
      await this.convertAll(runs, options.hinted);
      this.events.emit('progress', this.threads.takeProgress());
      await this.publish(options);
      this.damaged.tell((message) => this.events.emit('warning', { message }));
      await this.followDeletions();
    } catch (error) {
      await this.stopThreads();
      // What is whole already is published, so that the next attempt need not do it again. If that fails as well, the
      // error that came first tells more.
      const brief = options.brief === true || signal.aborted;
      await (brief ? this.publisher.settle([]) : this.publisher.finish()).catch(() => {});
      signal.throwIfAborted();
      throw asFatal(error, this.repository.path);
    } finally {
      clearInterval(progress);
      signal.removeEventListener('abort', stop);
    }
  }

  /** These runs are no longer listed in the source, which is asked about each where it can be; between two passes only. */
  async missed(hashes: readonly string[], signal: AbortSignal): Promise<void> {
    await this.deletions.addMissing(hashes, this.store, signal);
    await this.followDeletions();
  }

  /**
   * Writes the index entries of these runs once more; between two passes only. False when Aim holds the index.
   *
   * Aim's server indexes a run while it grows, from the same files that are being replaced, and two writers of the index
   * can overtake each other. What remains is what came last, and of a run that has ended nobody writes again.
   */
  reindex(hashes: readonly string[]): Promise<boolean> {
    return this.publisher.settle(hashes.filter((hash) => this.metadata.has(hash)));
  }

  /** Says which of what this conversion was told to accept as missing, or no longer, means nothing that is known. */
  checkAccepted(): void {
    const { missing } = this.options;
    for (const message of this.accepted.withoutEffect(missing, this.ledger)) this.events.emit('warning', { message });
  }

  async close(): Promise<void> {
    await this.stopThreads();
    this.metadata.close();
    this.ledger.close();
    // what lies there now may be somebody else's
    if (this.repository.isSame) rmSync(this.repository.staging, { recursive: true, force: true });
  }

  /** Check → (in threads: fetch metric histories → classify artifacts → batch write) → publish. */
  private async convertAll(runs: AsyncIterable<EnumeratedRun>, hinted?: boolean): Promise<void> {
    const source = Readable.from(runs, { highWaterMark: 16 });
    try {
      await highland<EnumeratedRun>(source)
        .batchWithTimeOrCount(LISTED_IN, CHECKED_AT_ONCE)
        .map((batch) => highland(this.known.check(batch, hinted)))
        .parallel(this.checks)
        .flatMap((batch) => highland(batch))
        .map((run) => highland(this.convertOne(run)))
        .mergeWithLimit(this.options.concurrency)
        .reduce(0, (count) => count + 1)
        .toPromise(Promise);
    } finally {
      // where the pass was broken off, what lists the runs may hold a connection
      source.destroy();
    }
  }

  private convertOne(checked: CheckedRun): Promise<RunReport> {
    return this.ids.take(checked.job.hash, (twice) => this.convertChecked(checked, twice));
  }

  private async convertChecked({ job, upToDate, active }: CheckedRun, twice: boolean): Promise<RunReport> {
    if (!upToDate || twice) return this.convertJob({ ...job, twice });
    const { unread = [] } = job.known ?? {};
    return this.isDone(job, report(job, 'unchanged', { unread }), active);
  }

  private async convertJob(job: RunTask): Promise<RunReport> {
    if (this.known.isLeftOut(job)) {
      this.deletions.add(job.hash);
      return this.isDone(job, report(job, 'skipped', { code: 'deleted' }));
    }
    if (this.known.wasRemoved(job) && !job.twice)
      return this.isDone(job, report(job, 'skipped', { code: 'removed-in-aim' }));
    const { report: result, staged } = await this.convertInThread(job);
    this.damaged.note(result);
    if (result.code === 'deleted' && !job.twice) this.deletions.add(job.hash);
    if (staged === undefined) return this.isDone(job, result);
    if (job.listed && this.known.wasRemoved(job)) {
      if (staged.files !== undefined) removeStaged(staged.files);
      return this.isDone(job, report(job, 'skipped', { code: 'removed-in-aim' }));
    }
    const told = this.accepted.told(result, staged);
    if (told.outcome === 'unchanged') this.isDone(job, told, staged.active);
    else this.news.built(job, told, staged.active);
    await this.publisher.add(staged);
    return told;
  }

  private isDone(job: RunTask, result: RunReport, active?: boolean): RunReport {
    this.news.done(job, result, active);
    return result;
  }

  private async convertInThread(job: RunTask): Promise<RunResult> {
    try {
      return await this.threads.convert(job);
    } catch (cause) {
      if (this.stopped || !isWorkerLoss(cause)) throw cause;
      removeStaged(stagedFiles(this.repository, job.hash));
      return { report: report(job, 'failed', { code: cause.code, reason: cause.sentence }) };
    }
  }

  /** What a thread that was stopped has left of an index counts for nothing, so it can be written again here. */
  private async writeIndex(hashes: readonly string[], finished: boolean): Promise<IndexOutcome> {
    try {
      if (!this.stopped) return await this.threads.writeIndex(hashes, finished);
    } catch (cause) {
      if (!this.stopped) throw cause;
    }
    await this.stopThreads();
    return writeIndex(this.repository, hashes, finished);
  }

  private async followDeletions(): Promise<void> {
    if (this.deletions.isEmpty) return;
    await this.metadata.whenWritable();
    for (const run of this.deletions.apply()) this.events.emit('run:gone', run);
  }

  private publish({ brief }: PassOptions): Promise<void> {
    return brief ? this.publisher.flush() : this.publisher.finish();
  }

  private async stopThreads(): Promise<void> {
    this.stopped = true;
    await this.threads.stop();
  }
}
