import type { RunSelection } from '../options.js';

/** Whether a selection leaves nothing out. */
export function selectsAll({ experiments = [], excludeExperiments = [] }: RunSelection): boolean {
  return experiments.length === 0 && excludeExperiments.length === 0;
}
