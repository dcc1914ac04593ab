import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DATASETS, META_FILE, METRICS, MODELS, PARAMS, TAGS, TRASH } from '../common/layout-names.js';
import { directories, isDirectory, leadsNowhere, mayExist } from '../local/directories.js';

/** In the store: deleted experiments, and the model registry. */
const NOT_EXPERIMENTS: ReadonlySet<string> = new Set([TRASH, MODELS]);
/** In an experiment: what is no run. */
const NOT_RUNS: ReadonlySet<string> = new Set([TAGS, DATASETS, 'traces', MODELS]);

/** Ids as MLflow makes them: other links that lead nowhere are not ours to tell of. */
const EXPERIMENT_ID = /^\d+$/;
const RUN_ID = /^[0-9a-f]{32}$/;

/**
 * The names of the sub-directories that may be experiments, sorted. A link that leads nowhere is one of them: what it leads to
 * may lie on a disk that is not mounted.
 */
export function experimentDirectories(root: string): string[] {
  return directories(root, EXPERIMENT_ID).filter((name) => !NOT_EXPERIMENTS.has(name));
}

/** The names of the deleted experiments' directories, sorted; none when there is no trash. */
export function trashedDirectories(root: string): string[] {
  const trash = join(root, TRASH);
  return isDirectory(trash) ? directories(trash) : [];
}

/**
 * The names of an experiment's runs, sorted. A directory without meta.yaml is a run only when it has what only runs
 * have: the artifact directories of a database's runs lie in the same places and have none of it. A link that leads nowhere
 * may be a run on a disk that is not mounted.
 */
export function runDirectories(experiment: string): string[] {
  return directories(experiment, RUN_ID).filter((name) => isRunName(name) && isRun(join(experiment, name)));
}

/** False for the names in an experiment's directory that are no run's. */
export function isRunName(name: string): boolean {
  return !NOT_RUNS.has(name);
}

function isRun(directory: string): boolean {
  if (mayExist(join(directory, META_FILE))) return true;
  return [METRICS, PARAMS, TAGS].some((name) => mayExist(join(directory, name))) || leadsNowhere(directory);
}

/**
 * True for what is there in an experiment's place and shows nothing of one, as while a disk is not mounted: MLflow moves or
 * removes experiments with their directories.
 */
export function looksUnmounted(directory: string): boolean {
  return leadsNowhere(directory) || (isDirectory(directory) && readdirSync(directory).length === 0);
}
