import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ARTIFACTS, META_FILE, MODELS, TRASH } from '../common/layout-names.js';
import { readText } from '../local/read-text.js';

/** What of MLflow's a path lies in. */
export interface MlflowDirectory {
  /** As a sentence names it: `the MLflow store`. */
  readonly what: string;
  readonly path: string;
}

/** Fields that the meta.yaml of an experiment, a run or a model has, and that of a conda recipe has not. */
const MLFLOW_FIELDS = /^(?:artifact_location|artifact_uri|experiment_id|run_id|run_uuid|model_id)\s*:/m;

/** MLflow gives experiments of a file store such numbers for names. */
const EXPERIMENT_ID = /^\d+$/;

const RUN_ID = /^[0-9a-f]{32}$/;

/** A meta.yaml of an experiment or a run is some hundred bytes long. */
const LARGEST_META = 1 << 20;

/**
 * The outermost directory of MLflow's that a path is or lies in, links resolved: a file store, one of its experiments or
 * runs, a run's or model's artifacts, or one of `known`. MLflow takes whatever lies there for its own. The path itself need
 * not exist. Undefined where there is none; what may not be looked at is taken for somebody else's.
 */
export function enclosingStore(path: string, known: readonly MlflowDirectory[] = []): MlflowDirectory | undefined {
  const named = new Map(known.map((each) => [realPath(each.path), each.what]));
  let outermost: MlflowDirectory | undefined;
  for (let at = realPath(path), above = dirname(at); ; at = above, above = dirname(at)) {
    const what = named.get(at) ?? whatIs(at);
    if (what !== undefined) outermost = { what, path: at };
    if (above === at) return outermost;
  }
}

/** The path with all links resolved, of as much of it as there is. */
export function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const above = dirname(absolute);
    return above === absolute ? absolute : join(realPath(above), basename(absolute));
  }
}

function whatIs(directory: string): string | undefined {
  if (holdsExperiments(directory)) return 'the MLflow store';
  if (isMlflowMeta(join(directory, META_FILE))) return 'a directory of MLflow';
  if (basename(directory) === ARTIFACTS && ownsArtifacts(dirname(directory))) return 'the artifacts of an MLflow run';
  return undefined;
}

function holdsExperiments(directory: string): boolean {
  try {
    const names = readdirSync(directory).filter((name) => EXPERIMENT_ID.test(name) || name === TRASH);
    return names.some((name) =>
      name === TRASH
        ? readdirSync(join(directory, TRASH)).some((old) => isMlflowMeta(join(directory, TRASH, old, META_FILE)))
        : isMlflowMeta(join(directory, name, META_FILE)),
    );
  } catch {
    return false;
  }
}

function ownsArtifacts(directory: string): boolean {
  const name = basename(directory);
  return RUN_ID.test(name) || (name.startsWith('m-') && basename(dirname(directory)) === MODELS);
}

function isMlflowMeta(file: string): boolean {
  try {
    return MLFLOW_FIELDS.test(readText(file, LARGEST_META).text);
  } catch {
    return false;
  }
}
