import { createHash, type Hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { artifactLocation } from './artifact-location.js';
import { uriTarget } from './file-uri.js';
import {
  ARTIFACTS,
  DATASETS,
  directories,
  INPUTS,
  isPlainName,
  META_FILE,
  MODELS,
  OUTPUTS,
  PARAMS,
  TAGS,
} from './layout.js';
import { text } from './meta-yaml.js';
import { readText } from './read-text.js';
import { walkFiles } from './walk.js';
import { parseYamlMapping, type YamlMapping } from './yaml-mapping.js';

/**
 * A mark of everything that makes up a run: name, size and modification time (nanoseconds) of each file below its
 * directory, of its artifacts where they lie elsewhere, and of the datasets and models that it refers to. Metric
 * files are not read: MLflow only ever appends to them, so their size tells.
 *
 * @param parts the names in the run's directory
 * @param made the ids of the models that name this run as their source
 */
export function fileRevision(
  root: string,
  runDirectory: string,
  parts: ReadonlySet<string>,
  made: readonly string[],
): string {
  const hash = createHash('sha256');
  addDirectory(hash, '', runDirectory);
  const artifacts = artifactLocation(
    root,
    runDirectory,
    text(peek(join(runDirectory, META_FILE)), 'artifact_uri'),
  ).directory;
  if (artifacts !== undefined && artifacts !== join(runDirectory, ARTIFACTS)) {
    hash.update(`${artifacts}\n`);
    addDirectory(hash, ARTIFACTS, artifacts);
  }
  addReferred(hash, runDirectory, parts, made);
  return hash.digest('hex');
}

/**
 * A mark of a run's artifacts: where they are taken from, and name, size and modification time of each. Undefined for files
 * on no file system of this machine, which only their store can tell of.
 */
export function artifactsRevision(
  root: string,
  runDirectory: string,
  artifactUri: string | undefined,
): string | undefined {
  if (artifactUri !== undefined && uriTarget(artifactUri).kind === 'remote') return undefined;
  const { directory, trouble } = artifactLocation(root, runDirectory, artifactUri);
  const hash = createHash('sha256').update(JSON.stringify([directory, trouble]));
  if (directory !== undefined) addDirectory(hash, ARTIFACTS, directory);
  return hash.digest('hex');
}

function addDirectory(hash: Hash, label: string, directory: string): void {
  let lines = '';
  for (const { path, found } of walkFiles(directory)) {
    const state = 'stats' in found ? `${found.stats.size} ${found.stats.mtimeNs}` : found.error.message;
    lines += `${label}/${path}\0${state}\n`;
  }
  hash.update(lines);
}

/** `inputs/` and `outputs/` only name what lies beside the runs. */
function addReferred(hash: Hash, runDirectory: string, parts: ReadonlySet<string>, made: readonly string[]): void {
  const experiment = dirname(runDirectory);
  const referred = (part: string) => (parts.has(part) ? referredIds(join(runDirectory, part)) : []);
  for (const id of referred(INPUTS)) {
    addFile(hash, join(experiment, DATASETS, id, META_FILE));
  }
  for (const id of new Set([...referred(OUTPUTS), ...made])) {
    const model = join(experiment, MODELS, id);
    addFile(hash, join(model, META_FILE));
    // its artifacts stay where they are, and its metrics are the run's
    for (const part of [PARAMS, TAGS]) addDirectory(hash, `${MODELS}/${id}/${part}`, join(model, part));
  }
}

function addFile(hash: Hash, file: string): void {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  hash.update(`${basename(dirname(file))}\0${stats === undefined ? '' : `${stats.size} ${stats.mtimeNs}`}\n`);
}

function referredIds(directory: string): string[] {
  return linkFiles(directory)
    .map((file) => text(peek(file), 'source_id') ?? '')
    .filter(isPlainName);
}

function linkFiles(directory: string): string[] {
  try {
    return directories(directory).map((name) => join(directory, name, META_FILE));
  } catch {
    return []; // its being unreadable is in the hash already
  }
}

/** A meta.yaml as far as it can be read now; a mark needs no second look. */
function peek(file: string): YamlMapping {
  try {
    return parseYamlMapping(readText(file).text);
  } catch {
    return new Map();
  }
}
