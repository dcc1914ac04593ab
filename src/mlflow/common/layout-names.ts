import { basename, dirname } from 'node:path';

/** The names of files and directories in MLflow's file store (mlflow/store/tracking/file_store.py). */
export const META_FILE = 'meta.yaml';
export const TRASH = '.trash';
export const ARTIFACTS = 'artifacts';
export const METRICS = 'metrics';
export const PARAMS = 'params';
export const TAGS = 'tags';
export const INPUTS = 'inputs';
export const OUTPUTS = 'outputs';
export const DATASETS = 'datasets';
export const MODELS = 'models';

/** The experiment's location, if a path is `<location>/<run>/artifacts` of this run; otherwise undefined. */
export function locationOfExperiment(path: string, runId: string): string | undefined {
  const run = dirname(path);
  return basename(path) === ARTIFACTS && basename(run) === runId ? dirname(run) : undefined;
}
