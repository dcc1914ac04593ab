import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import highland from 'highland';
import { Publisher } from './aim/publisher.js';
import { Repository } from './aim/repository.js';
import { RepositoryLock } from './aim/repository-lock.js';
import { writeIndex } from './aim/run-index.js';
import { RunMetadata } from './aim/run-metadata.js';
import { DELETED, type RunJob, report } from './convert-run.js';
import { asFatal } from './errors.js';
import type { ConvertEvents } from './events.js';
import { runHash } from './mapping.js';
import { openStore } from './mlflow/open-store.js';
import type { SourceOptions } from './mlflow/source-options.js';
import type { TrackingStore } from './mlflow/tracking-store.js';
import type { Experiment } from './model.js';
import type { ArtifactPolicy, MappingPolicy } from './policies.js';
import type { RunReport } from './report/run-report.js';
import { RunThreads } from './run-threads.js';
import { type EnumeratedRun, enumerateRuns, selectExperiments } from './stages/enumerate-runs.js';
import { Ledger, type LedgerEntry } from './sync/ledger.js';

/** What to convert, and how. */
export interface ConvertOptions {
  /** An MLflow tracking URI or a path; see docs. */
  readonly trackingUri: string;
  /** The directory that holds, or will hold, `.aim`. */
  readonly repo: string;
  /** Ids or names; empty means all. */
  readonly experiments: readonly string[];
  readonly includeDeleted: boolean;
  /** Write again the runs that Aim itself has changed since they were converted. */
  readonly overwrite: boolean;
  /** Bring back runs that were removed in Aim after they had been converted. */
  readonly restoreRemoved: boolean;
  /** Runs under way at once; at least 1. */
  readonly concurrency: number;
  /** How the source is read. */
  readonly source: SourceOptions;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
}

const PROGRESS_INTERVAL = 100;

const REMOVED = 'Removed in Aim after it had been converted; --restore-removed brings it back.';

/**
 * Converts a source into an Aim repository. Resolves when every run has been dealt with (failed ones included: they are
 * in the events); rejects with a `fatal` {@link ConvertError}, or with the signal's reason when aborted. Whatever
 * happens, the repository holds only whole runs.
 */
export async function convert(options: ConvertOptions, events: ConvertEvents, signal: AbortSignal): Promise<void> {
  const store = openStore(options.trackingUri, {
    ...options.source,
    warn: (message) => events.emit('warning', { message }),
  });
  try {
    const experiments = await selectExperiments(store, options.experiments, signal);
    const repository = Repository.open(options.repo);
    const lock = RepositoryLock.take(repository.lockFile);
    try {
      events.emit('start', { source: store.uri, repo: dirname(repository.path) });
      await new Conversion(options, events, store, repository).run(experiments, signal);
    } finally {
      lock.release();
    }
  } finally {
    await store.close();
  }
}

function knownFrom({ revision, inputs, reviewAt, properties, growth }: LedgerEntry): Pick<RunJob, 'known' | 'before'> {
  return { known: { revision, inputs, reviewAt, ...(growth !== undefined && { growth }) }, before: properties };
}

/** One conversion into a repository that is ours alone while it lasts. */
class Conversion {
  private readonly ledger: Ledger;
  private readonly metadata: RunMetadata;
  private readonly threads: RunThreads;
  private readonly publisher: Publisher;
  /** For each run id met: whether a run of it has been taken. */
  private readonly taken = new Map<string, Promise<boolean>>();
  /** Once stopped, the threads are gone and what remains is done here. */
  private stopped = false;

  constructor(
    private readonly options: ConvertOptions,
    private readonly events: ConvertEvents,
    private readonly store: TrackingStore,
    private readonly repository: Repository,
  ) {
    const { trackingUri, includeDeleted, overwrite, mapping, artifacts, concurrency, source } = options;
    rmSync(repository.staging, { recursive: true, force: true });
    this.ledger = Ledger.open(repository.ledgerFile);
    this.metadata = new RunMetadata(repository.metadataFile);
    const runOptions = { includeDeleted, overwrite, mapping, artifacts, now: Date.now() };
    const threads = { concurrency, max: store.maxThreads ?? availableParallelism() };
    this.threads = new RunThreads({ trackingUri, source, repository: repository.path, options: runOptions }, threads);
    this.publisher = new Publisher(
      repository,
      this.metadata,
      this.ledger,
      store.uri,
      async (hashes, finished) =>
        this.stopped ? writeIndex(repository, hashes, finished) : this.threads.writeIndex(hashes, finished),
      {
        published: (runs) => events.emit('publish', { runs }),
        warning: (message) => events.emit('warning', { message }),
      },
    );
    if (this.ledger.rebuilt) {
      events.emit('warning', { message: `The ledger ${repository.ledgerFile} was damaged and is being rebuilt.` });
    }
  }

  async run(experiments: readonly Experiment[], signal: AbortSignal): Promise<void> {
    const progress = setInterval(() => this.events.emit('progress', this.threads.takeProgress()), PROGRESS_INTERVAL);
    const stop = () => void this.stopThreads();
    signal.addEventListener('abort', stop);
    try {
      await this.convertAll(experiments, signal);
      this.events.emit('progress', this.threads.takeProgress());
      await this.publisher.finish();
    } catch (error) {
      await this.stopThreads();
      // What is whole already is published, so that the next attempt need not do it again. If that fails as well, the
      // error that came first tells more.
      await this.publisher.finish().catch(() => {});
      signal.throwIfAborted();
      throw asFatal(error, this.repository.path);
    } finally {
      clearInterval(progress);
      signal.removeEventListener('abort', stop);
      await this.stopThreads();
      this.metadata.close();
      this.ledger.close();
      rmSync(this.repository.staging, { recursive: true, force: true });
    }
  }

  /** Enumerate runs → (in threads: fetch metric histories → classify artifacts → batch write) → publish. */
  private async convertAll(experiments: readonly Experiment[], signal: AbortSignal): Promise<void> {
    const listed = ({ id, name }: Experiment, runs: number) => this.events.emit('experiment', { id, name, runs });
    const runs = Readable.from(enumerateRuns(this.store, experiments, listed, signal), { highWaterMark: 16 });
    await highland<EnumeratedRun>(runs)
      .map((run) => highland(this.convertOne(run)))
      .parallel(this.options.concurrency)
      .tap((done) => this.events.emit('run:done', done))
      .reduce(0, (count) => count + 1)
      .toPromise(Promise);
  }

  /** Runs of one id come one after the other, and only the first that is a run is taken. */
  private async convertOne(run: EnumeratedRun): Promise<RunReport> {
    const hash = runHash(run.ref.runId);
    const before = this.taken.get(hash) ?? Promise.resolve(false);
    const converting = before.then((twice) => this.convertJob(this.jobOf(run, hash, twice)));
    const isTaken = converting.then(({ outcome }) => outcome !== 'skipped').catch(() => false);
    this.taken.set(
      hash,
      isTaken.then(async (taken) => taken || before),
    );
    return converting;
  }

  private jobOf(run: EnumeratedRun, hash: string, twice: boolean): RunJob {
    const entry = this.ledger.get(hash);
    const listed = existsSync(this.repository.meta(hash)) && this.metadata.has(hash);
    return { ...run, hash, twice, listed, ...(listed && entry !== undefined && knownFrom(entry)) };
  }

  private async convertJob(job: RunJob): Promise<RunReport> {
    const { hash, experiment } = job;
    if (experiment.lifecycleStage === 'deleted' && !this.options.includeDeleted) {
      return report(job, 'skipped', { reason: DELETED });
    }
    const wasRemoved = !existsSync(this.repository.meta(hash)) && this.ledger.get(hash) !== undefined;
    if (wasRemoved && !this.options.restoreRemoved && !job.twice) return report(job, 'skipped', { reason: REMOVED });
    const result = await this.threads.convert(job);
    if (result.staged !== undefined) await this.publisher.add(result.staged);
    return result.report;
  }

  private async stopThreads(): Promise<void> {
    this.stopped = true;
    await this.threads.stop();
  }
}
