import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ARTIFACTS, META_FILE, MODELS, TRASH } from '../common/layout-names.js';
import { readText } from '../local/read-text.js';
import { resolveLinks } from '../local/resolve-links.js';

/** A directory of MLflow that contains a path. */
export interface MlflowDirectory {
  /** For messages: `the MLflow store`. */
  readonly what: string;
  readonly path: string;
}

/** Fields in the meta.yaml of an experiment, a run or a model, but not in that of a conda recipe. */
const MLFLOW_FIELDS = /^(?:artifact_location|artifact_uri|experiment_id|run_id|run_uuid|model_id)\s*:/m;

/** The directory names of experiments in a file store. */
const EXPERIMENT_ID = /^\d+$/;

const RUN_ID = /^[0-9a-f]{32}$/;

/** A meta.yaml of an experiment or a run has a few hundred bytes. */
const LARGEST_META = 1 << 20;

/**
 * The outermost directory of MLflow that is or contains a path, with links resolved: a file store, one of its experiments or runs, the
 * artifacts of a run or model, or one of `known`. MLflow takes everything in there for its own. The path need not exist. Undefined if
 * there is none; a directory that cannot be read is assumed to be somebody else's.
 */
export function enclosingStore(path: string, known: readonly MlflowDirectory[] = []): MlflowDirectory | undefined {
  const named = new Map(known.map((each) => [resolveLinks(each.path), each.what]));
  let outermost: MlflowDirectory | undefined;
  for (let at = resolveLinks(path), above = dirname(at); ; at = above, above = dirname(at)) {
    const what = named.get(at) ?? whatIs(at);
    if (what !== undefined) outermost = { what, path: at };
    if (above === at) return outermost;
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
