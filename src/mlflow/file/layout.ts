import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../errors.js';

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
export function isLost(directory: string): boolean {
  return leadsNowhere(directory) || (isDirectory(directory) && readdirSync(directory).length === 0);
}

/** True for a link to what is not there, or cannot be looked at. */
export function leadsNowhere(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return true;
  }
}

/** False only for what is certainly not there: what may not be looked at is reported when it is read. */
export function mayExist(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    return errorCode(cause) !== 'ENOTDIR';
  }
}

/** True for a directory, also through a link; false for anything else, and for what cannot be looked at. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

/** The location of the experiment, of a path that is `<location>/<run>/artifacts` of this run; undefined for any other. */
export function locationOfExperiment(path: string, runId: string): string | undefined {
  const run = dirname(path);
  return basename(path) === ARTIFACTS && basename(run) === runId ? dirname(run) : undefined;
}

/**
 * The names of all sub-directories, links to directories included, sorted. Throws the system's error.
 *
 * @param lost the names of links that are among them also when they lead nowhere
 */
export function directories(path: string, lost?: RegExp): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => isDirectoryEntry(entry, path) || (lost?.test(entry.name) && isLostLink(entry, path)))
    .map((entry) => entry.name)
    .sort();
}

function isDirectoryEntry(entry: Dirent, parent: string): boolean {
  return entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(join(parent, entry.name)));
}

function isLostLink(entry: Dirent, parent: string): boolean {
  return entry.isSymbolicLink() && leadsNowhere(join(parent, entry.name));
}

/** True when `name` is one name, not a path that leads elsewhere: ids come from files that anybody may have written. */
export function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}
