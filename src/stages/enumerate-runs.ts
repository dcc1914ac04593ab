import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { Experiment, RunRef } from '../model.js';

/** A run and its experiment. */
export interface EnumeratedRun {
  readonly experiment: Experiment;
  readonly ref: RunRef;
}

/**
 * Lists the runs of these experiments, one experiment after the other, and holds the references of one at a time. `onListed` is
 * called with each experiment and the number of its runs, before the first of them.
 */
export async function* enumerateRuns(
  store: Pick<TrackingStore, 'runs'>,
  experiments: readonly Experiment[],
  onListed: (experiment: Experiment, runs: number) => void,
  signal: AbortSignal,
): AsyncGenerator<EnumeratedRun> {
  for (const experiment of experiments) {
    const refs: RunRef[] = [];
    for await (const ref of store.runs(experiment, signal)) {
      signal.throwIfAborted();
      refs.push(ref);
    }
    onListed(experiment, refs.length);
    for (const ref of refs) {
      signal.throwIfAborted();
      yield { experiment, ref };
    }
  }
}

/** All experiments of a source, deleted ones included. */
export async function listExperiments(
  store: Pick<TrackingStore, 'experiments'>,
  signal: AbortSignal,
): Promise<Experiment[]> {
  const experiments: Experiment[] = [];
  for await (const experiment of store.experiments(signal)) {
    signal.throwIfAborted();
    experiments.push(experiment);
  }
  return experiments;
}
