import type { Experiment, Run } from '../../src/model.js';

const NONE: ReadonlyMap<string, string> = new Map();

/** A run with nothing in it but what is given. */
export function makeRun(fields: Partial<Run> = {}): Run {
  return {
    id: '32b3397657a7444988306d280a954bbb',
    experimentId: '286984091544987137',
    status: 'FINISHED',
    lifecycleStage: 'active',
    params: NONE,
    tags: NONE,
    datasets: [],
    models: [],
    ...fields,
  };
}

export function makeExperiment(fields: Partial<Experiment> = {}): Experiment {
  return { id: '286984091544987137', name: 'mnist', lifecycleStage: 'active', tags: NONE, ...fields };
}
