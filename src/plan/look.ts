import { monotonicNow } from '../clock.js';
import { DamagedRuns } from '../conversion/damaged-runs.js';
import { PendingReports } from '../conversion/pending-reports.js';
import { runOptionsOf } from '../conversion/run-options.js';
import { RunStages } from '../conversion/run-stages.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ResolvedOptions } from '../options.js';
import type { DeletedRun } from '../outcome.js';
import { runPipeline } from '../pipeline.js';
import type { CustomStages } from '../stages/custom-stages.js';
import { Deletions } from '../state/deletions.js';
import { KnownRuns } from '../state/known-runs.js';
import type { Listing } from '../state/listing.js';
import { Retries } from '../state/retries.js';
import { Inventory } from './inventory.js';
import type { KnownState } from './known-state.js';
import type { PlanEvents } from './plan-events.js';
import { PlanningConverter, type RunToWrite } from './planning-converter.js';
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
}

export interface Looked {
  readonly inventory: Inventory;
  /** The runs to be written. */
  readonly strata: readonly Stratum[];
  /** Converted runs that MLflow has deleted or lost, and what would be done about them. */
  readonly deleted: readonly DeletedRun[];
  /** Experiments whose runs were listed. */
  readonly experiments: number;
  readonly seconds: number;
}

/**
 * Sends all runs of a listing through the pipeline of a conversion ({@link runPipeline}, {@link RunStages}), with a converter that
 * only looks.
 */
export async function lookAtRuns(
  { store, listing, known, options, stages: custom }: LookParts,
  events: PlanEvents,
  signal: AbortSignal,
): Promise<Looked> {
  const { repository, metadata, ledger, accepted } = known;
  const inventory = new Inventory();
  const strata = new Strata(BLOCK[store.changes.type]);
  const onWrite = (run: RunToWrite) => {
    inventory.addRun(run);
    strata.add(run);
  };
  const converter = new PlanningConverter(
    { store, repository, options: runOptionsOf(options, custom) },
    onWrite,
    signal,
  );
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
      known: new KnownRuns({ ...known, converter, retries: new Retries(), options, now: Date.now }),
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
  const since = monotonicNow();
  try {
    await runPipeline(listing.runs(onListed, signal), stages);
    await deletions.addMissing(await listing.missing(ledger, signal), store, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  }
  const seconds = (monotonicNow() - since) / 1000;
  return { inventory, strata: strata.all(), deleted: deletions.planned(), experiments, seconds };
}
