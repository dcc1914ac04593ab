import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConvertError, toConvertError } from '../../errors.js';
import { DATASETS, META_FILE, METRICS, MODELS, PARAMS, TAGS, TRASH } from '../common/layout-names.js';
import { optionalField } from '../common/run-fields.js';
import { directories, isDirectory, leadsNowhere, mayExist } from '../local/directories.js';
import { isFileMissing } from './meta-file.js';

/** In a store: the deleted experiments, and the model registry. */
const NOT_EXPERIMENTS: ReadonlySet<string> = new Set([TRASH, MODELS]);
/** In an experiment: directories that are not runs. */
const NOT_RUNS: ReadonlySet<string> = new Set([TAGS, DATASETS, 'traces', MODELS]);

/** Ids of MLflow. Links of other names that lead nowhere are none of our business. */
const EXPERIMENT_ID = /^\d+$/;
const RUN_ID = /^[0-9a-f]{32}$/;

/**
 * The names of the subdirectories that may be experiments, sorted. Includes links that lead nowhere: their target may be on a disk that
 * is not mounted.
 */
export function experimentDirectories(root: string): string[] {
  return directories(root, EXPERIMENT_ID).filter((name) => !NOT_EXPERIMENTS.has(name));
}

/** The names of the deleted experiments' directories, sorted; none if there is no trash. */
export function trashedDirectories(root: string): string[] {
  const trash = join(root, TRASH);
  return isDirectory(trash) ? directories(trash) : [];
}

/**
 * The names of an experiment's runs, sorted. A directory without meta.yaml is a run only if it has what only runs have: the artifact
 * directories of a database's runs are in the same places and have none of it. A link that leads nowhere may be a run on a disk that is
 * not mounted.
 */
export function runDirectories(experiment: string): string[] {
  return directories(experiment, RUN_ID).filter((name) => isRunName(name) && isRun(join(experiment, name)));
}

/** Whether a name in an experiment's directory may be a run. */
export function isRunName(name: string): boolean {
  return !NOT_RUNS.has(name);
}

function isRun(directory: string): boolean {
  if (mayExist(join(directory, META_FILE))) return true;
  return [METRICS, PARAMS, TAGS].some((name) => mayExist(join(directory, name))) || leadsNowhere(directory);
}

/**
 * The names of an experiment's runs, sorted; none if it was removed since it was listed. Throws a `fatal` error if it cannot be listed, or if a
 * disk seems not to be mounted there: it is empty, or a link that leads nowhere. MLflow itself moves or removes experiments as a whole.
 */
export function listRuns(experiment: string): string[] {
  if (!leadsNowhere(experiment)) {
    try {
      if (readdirSync(experiment).length > 0) return runDirectories(experiment);
    } catch (cause) {
      if (isFileMissing(cause)) return [];
      throw listingFailed(cause, experiment);
    }
  }
  const message = `${experiment} is empty, or a link that leads nowhere. Is the disk mounted?`;
  throw new ConvertError('fatal', 'not-found', message, { where: experiment });
}

/** Makes the errors of a listing fatal: nothing can be read without it. */
export function listOrFail(directory: string, list: (directory: string) => string[]): string[] {
  try {
    return list(directory);
  } catch (cause) {
    throw listingFailed(cause, directory);
  }
}

function listingFailed(cause: unknown, directory: string): ConvertError {
  const { code, message, hint } = toConvertError(cause, 'fatal', directory);
  return new ConvertError('fatal', code, message, { where: directory, cause, ...optionalField('hint', hint) });
}
