import { ConvertError } from '../errors.js';
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
  store: TrackingStore,
  experiments: readonly Experiment[],
  onListed: (experiment: Experiment, runs: number) => void,
  signal: AbortSignal,
): AsyncGenerator<EnumeratedRun> {
  for (const experiment of experiments) {
    const refs: RunRef[] = [];
    for await (const ref of store.runs(experiment, signal)) refs.push(ref);
    onListed(experiment, refs.length);
    for (const ref of refs) {
      signal.throwIfAborted();
      yield { experiment, ref };
    }
  }
}

/** The experiments that `wanted` names by id or name; all if it is empty. Throws a `fatal` error for an unknown name. */
export async function selectExperiments(
  store: TrackingStore,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<Experiment[]> {
  return chooseExperiments(await listExperiments(store, signal), wanted);
}

export async function listExperiments(store: TrackingStore, signal: AbortSignal): Promise<Experiment[]> {
  const experiments: Experiment[] = [];
  for await (const experiment of store.experiments(signal)) experiments.push(experiment);
  return experiments;
}

/** Those of `experiments` that `wanted` names, as {@link selectExperiments} has them. */
export function chooseExperiments(experiments: readonly Experiment[], wanted: readonly string[]): Experiment[] {
  for (const name of wanted) {
    if (experiments.some((experiment) => isCalled(experiment, name))) continue;
    const names = experiments.map((experiment) => experiment.name);
    const some = names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : '');
    throw new ConvertError(
      'fatal',
      'unknown-experiment',
      `The source has no experiment with the id or name "${name}".`,
      {
        hint: names.length === 0 ? 'It has no experiments at all.' : `It has: ${some}.`,
      },
    );
  }
  return experiments.filter((experiment) => isWanted(experiment, wanted));
}

/** Whether `wanted` names this experiment by id or name, or is empty. */
export function isWanted(experiment: Experiment, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((name) => isCalled(experiment, name));
}

function isCalled(experiment: Experiment, name: string): boolean {
  return experiment.id === name || experiment.name === name;
}
