import pLimit from 'p-limit';
import { toConvertError } from '../errors.js';
import { RunTally, type RunTotals } from '../mlflow/common/run-totals.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import { openStore } from '../mlflow/open-store.js';
import type { Experiment, LifecycleStage, RunRef } from '../model.js';
import { type ConvertOptions, withDefaults } from '../options.js';
import { chooseExperiments } from '../selection/experiment-choice.js';
import { listExperiments } from '../stages/enumerate-runs.js';
import { PlanEvents } from './plan-events.js';

/** An experiment as `list` shows it. */
export interface ListedExperiment extends RunTotals {
  readonly id: string;
  readonly name: string;
  readonly lifecycleStage: LifecycleStage;
}

/** What a source has, as far as `list` shows it. */
export interface SourceListing {
  /** The tracking URI, without credentials. */
  readonly source: string;
  readonly experiments: readonly ListedExperiment[];
}

/** Of the options of a conversion, those that say what to list. */
export type ListOptions = Pick<ConvertOptions, 'trackingUri' | 'selection' | 'concurrency' | 'source'>;

/** Runs whose headers are waited for at once. */
const BATCH = 128;

/**
 * Lists the experiments of a source, with their runs in numbers. Rejects with a `fatal` error, or with the signal's reason when
 * aborted.
 */
export async function listSource(
  given: ListOptions,
  events: PlanEvents = new PlanEvents(),
  signal: AbortSignal = new AbortController().signal,
): Promise<SourceListing> {
  const options = withDefaults({ repo: '', ...given });
  const store = openStore(options.trackingUri, {
    ...options.source,
    warn: (warning) => events.emit('warning', warning),
    retrying: (retry) => events.emit('retry', retry),
    failed: (failure) => events.emit('experiment:failed', failure),
  });
  try {
    const all = chooseExperiments(await listExperiments(store, signal), options.selection);
    const experiments: ListedExperiment[] = [];
    const onRun = () => void events.emit('looked', { runs: 1 });
    for (const experiment of all) {
      const { id, name, lifecycleStage } = experiment;
      const totals =
        (await store.runTotals?.(experiment, onRun, signal)) ??
        (await countByHeaders(store, experiment, options.concurrency, onRun, signal));
      experiments.push({ id, name, lifecycleStage, ...totals });
    }
    return { source: store.uri, experiments };
  } finally {
    await store.close();
  }
}

/** Counts the runs of an experiment by their headers. */
async function countByHeaders(
  store: TrackingStore,
  experiment: Experiment,
  concurrency: number,
  onRun: () => void,
  signal: AbortSignal,
): Promise<RunTotals> {
  const tally = new RunTally();
  const limit = pLimit(concurrency);
  const add = async (ref: RunRef) => {
    const run = await readHeader(store, ref, signal);
    onRun();
    if (run !== 'not-a-run') tally.add(run);
  };
  const batch: Promise<void>[] = [];
  for await (const ref of store.runs(experiment, signal)) {
    batch.push(limit(add, ref));
    if (batch.length >= BATCH) await Promise.all(batch.splice(0));
  }
  await Promise.all(batch);
  return tally.totals;
}

async function readHeader(store: TrackingStore, ref: RunRef, signal: AbortSignal) {
  try {
    return await store.run(ref, { signal, notice: () => {} });
  } catch (cause) {
    signal.throwIfAborted();
    const { kind } = toConvertError(cause, 'skip-run', ref.runId);
    if (kind === 'fatal') throw cause;
    return kind === 'not-a-run' ? kind : 'unreadable';
  }
}
