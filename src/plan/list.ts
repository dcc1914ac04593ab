import pLimit from 'p-limit';
import { toConvertError } from '../errors.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import { openStore } from '../mlflow/open-store.js';
import type { Experiment, LifecycleStage, RunRef } from '../model.js';
import { type ConvertOptions, withDefaults } from '../options.js';
import { chooseExperiments } from '../selection/experiment-choice.js';
import { listExperiments } from '../stages/enumerate-runs.js';
import { PlanEvents } from './plan-events.js';

/** An experiment as `list` shows it. */
export interface ListedExperiment {
  readonly id: string;
  readonly name: string;
  readonly lifecycleStage: LifecycleStage;
  /** Including deleted ones. */
  readonly runs: number;
  readonly deletedRuns: number;
  /** Runs whose header cannot be read. */
  readonly unreadableRuns: number;
  /** The latest start or end of a run, milliseconds since the epoch; absent if there is none. */
  readonly lastChange?: number;
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
 * Lists the experiments of a source, reading the header of each run. Rejects with a `fatal` error, or with the signal's reason
 * when aborted.
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
    for (const experiment of all) {
      experiments.push(await readExperiment(store, experiment, options.concurrency, events, signal));
    }
    return { source: store.uri, experiments };
  } finally {
    await store.close();
  }
}

async function readExperiment(
  store: TrackingStore,
  experiment: Experiment,
  concurrency: number,
  events: PlanEvents,
  signal: AbortSignal,
): Promise<ListedExperiment> {
  const { id, name, lifecycleStage } = experiment;
  const counts = { runs: 0, deletedRuns: 0, unreadableRuns: 0 };
  let lastChange: number | undefined;
  const limit = pLimit(concurrency);
  const add = async (ref: RunRef) => {
    const run = await readHeader(store, ref, signal);
    events.emit('looked', { runs: 1 });
    if (run === 'not-a-run') return;
    counts.runs += 1;
    if (run === 'unreadable') {
      counts.unreadableRuns += 1;
      return;
    }
    if (run.lifecycleStage === 'deleted') counts.deletedRuns += 1;
    for (const time of [lastChange, run.startTime, run.endTime]) {
      if (time !== undefined) lastChange = Math.max(lastChange ?? time, time);
    }
  };
  const batch: Promise<void>[] = [];
  for await (const ref of store.runs(experiment, signal)) {
    batch.push(limit(add, ref));
    if (batch.length >= BATCH) await Promise.all(batch.splice(0));
  }
  await Promise.all(batch);
  return { id, name, lifecycleStage, ...counts, ...(lastChange !== undefined && { lastChange }) };
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
