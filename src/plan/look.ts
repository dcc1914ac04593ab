import { availableParallelism } from 'node:os';
import { DamagedRuns } from '../conversion/damaged-runs.js';
import { PendingReports } from '../conversion/pending-reports.js';
import { runOptionsOf } from '../conversion/run-options.js';
import { RunStages } from '../conversion/run-stages.js';
import type { Retry, Warn } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ResolvedOptions } from '../options.js';
import type { DeletedRun } from '../outcome.js';
import { runPipeline } from '../pipeline.js';
import { type WorkerListener, WorkerPool } from '../run/worker-pool.js';
import type { CustomStages } from '../stages/custom-stages.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import { Deletions } from '../state/deletions.js';
import { Families } from '../state/families.js';
import { KnownRuns } from '../state/known-runs.js';
import type { Listing } from '../state/listing.js';
import { Retries } from '../state/retries.js';
import { Inventory } from './inventory.js';
import type { KnownState } from './known-state.js';
import type { PlanEvents } from './plan-events.js';
import { type PlannedRun, PlanningConverter } from './planning-converter.js';
import { PlanningThreads } from './planning-threads.js';
import type { RunContent } from './run-content.js';
import { type Elapsed, startStopwatch } from './stopwatch.js';
import { Strata, type Stratum } from './strata.js';

/** A server is read ahead in the order of its listing, so neighbours are measured together. */
const BLOCK = { poll: 64, file: 1, directory: 1 } as const;

/** What is looked at. */
export interface LookParts {
  readonly store: TrackingStore;
  readonly listing: Listing;
  readonly known: KnownState;
  readonly options: ResolvedOptions;
  readonly stages?: CustomStages | undefined;
  readonly warn: Warn;
}

export interface Looked {
  readonly inventory: Inventory;
  /** The runs to be written. */
  readonly strata: readonly Stratum[];
  /** Converted runs that MLflow has deleted or lost, and what would be done about them. */
  readonly deleted: readonly DeletedRun[];
  /** Experiments whose runs were listed. */
  readonly experiments: number;
  readonly took: Elapsed;
}

/**
 * Sends all runs of a listing through the pipeline of a conversion ({@link runPipeline}, {@link RunStages}), with a converter that
 * only looks.
 */
export async function lookAtRuns(parts: LookParts, events: PlanEvents, signal: AbortSignal): Promise<Looked> {
  const { store, listing, known, options, warn } = parts;
  const { repository, metadata, ledger, accepted } = known;
  const inventory = new Inventory();
  const strata = new Strata(BLOCK[store.changes.type]);
  const onWrite = (run: EnumeratedRun, content: RunContent) => {
    inventory.addRun(content);
    strata.add(run, content);
  };
  const listener = { warn, retrying: (retry: Retry) => void events.emit('retry', retry) };
  const converter = startConverter(parts, onWrite, listener, signal);
  const deletions = new Deletions(repository, metadata, ledger, options.deleted);
  const reports = new PendingReports({
    done: ({ report }) => {
      inventory.addReport(report);
      events.emit('looked', { runs: 1 });
    },
  });
  const stages = new RunStages(
    {
      repository,
      converter,
      known: new KnownRuns({
        ...known,
        converter,
        retries: new Retries(),
        families: new Families(store),
        options,
        now: Date.now,
      }),
      deletions,
      accepted,
      policies: { remember: () => {} },
      publisher: { add: () => Promise.reject(new Error('A plan publishes nothing.')) },
      reports,
      damaged: new DamagedRuns(),
      isStopped: () => signal.aborted,
    },
    options.concurrency,
    { force: options.force },
    true,
  );
  let experiments = 0;
  const onListed = ({ runs }: { readonly runs: number }) => {
    experiments += 1;
    events.emit('listed', { runs });
  };
  let took: Elapsed;
  const stop = () => void converter.stop();
  signal.addEventListener('abort', stop);
  const elapsed = startStopwatch();
  try {
    await listing.addActive(ledger, signal);
    await runPipeline(listing.runs(onListed, signal), stages);
    took = elapsed();
    await deletions.addMissing(await listing.missing(ledger, signal), store, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  } finally {
    signal.removeEventListener('abort', stop);
    await converter.stop();
  }
  return { inventory, strata: strata.all(), deleted: deletions.planned(), experiments, took };
}

const WORKER = new URL('./plan-worker.js', import.meta.url);

function startConverter(
  { store, known: { repository }, options, stages }: LookParts,
  onWrite: (run: EnumeratedRun, content: RunContent) => void,
  listener: WorkerListener,
  signal: AbortSignal,
): PlanningThreads {
  const { trackingUri, source, concurrency, inProcess } = options;
  const runOptions = runOptionsOf(options, stages);
  const inThread = new PlanningConverter({ store, repository, options: runOptions }, signal);
  const max = inProcess ? 1 : (store.maxThreads ?? availableParallelism());
  const parallelism = Math.min(concurrency, max);
  if (parallelism === 1) return new PlanningThreads({ inThread, onWrite, parallelism });
  const work = { trackingUri, source, repository: repository.path, options: runOptions };
  const startPool = () => new WorkerPool<PlannedRun>(work, { concurrency, max, worker: WORKER }, listener);
  return new PlanningThreads({ inThread, startPool, onWrite, parallelism });
}
