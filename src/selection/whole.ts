import type { RunSelection } from '../options.js';

/** Whether a selection leaves nothing out. */
export function selectsAll({ experiments = [], excludeExperiments = [], ...runs }: RunSelection): boolean {
  return experiments.length === 0 && excludeExperiments.length === 0 && selectsAllRuns(runs);
}

/** Whether a selection leaves out no run of the experiments that it chooses. */
export function selectsAllRuns({ experiments: _, excludeExperiments: __, ...runs }: RunSelection): boolean {
  return Object.values(runs).every((condition) => condition === undefined);
}
