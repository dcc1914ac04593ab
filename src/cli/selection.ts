import type { RunSelection } from '../options.js';

/** The flags that choose runs, of all commands that read a source; `selectionOptions` declares them. */
export interface SelectionFlags {
  readonly experiment: readonly string[];
  readonly excludeExperiment: readonly string[];
}

/** What the flags choose. */
export function selectionOf({ experiment, excludeExperiment }: SelectionFlags): RunSelection {
  return {
    ...(experiment.length > 0 && { experiments: experiment }),
    ...(excludeExperiment.length > 0 && { excludeExperiments: excludeExperiment }),
  };
}
