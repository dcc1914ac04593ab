import { basename, dirname } from 'node:path';

/** Names that MLflow's file store gives its files and directories (mlflow/store/tracking/file_store.py). */
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

/** The location of the experiment, of a path that is `<location>/<run>/artifacts` of this run; undefined for any other. */
export function locationOfExperiment(path: string, runId: string): string | undefined {
  const run = dirname(path);
  return basename(path) === ARTIFACTS && basename(run) === runId ? dirname(run) : undefined;
}
