import { createHash, randomUUID } from 'node:crypto';
import { type BigIntStats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../errors.js';
import { ARTIFACTS, DATASETS, INPUTS, META_FILE, MODELS, OUTPUTS, PARAMS, TAGS } from '../common/layout-names.js';
import { directories, isPlainName } from '../local/directories.js';
import { fileFingerprint, isSettled } from '../local/file-fingerprint.js';
import { readText } from '../local/read-text.js';
import { walkFiles } from '../local/walk.js';
import { uriTarget } from '../locations/file-uri.js';
import type { LinkBounds } from '../trust/links.js';
import type { Trust } from '../trust/trust.js';
import { artifactLocation } from './artifact-location.js';
import { textField } from './meta-yaml.js';
import { parseYamlMapping, type YamlMapping } from './yaml-mapping.js';

/** What a run refers to. */
interface References {
  /** The names in the run's directory. */
  readonly parts: ReadonlySet<string>;
  /** The ids of the models that name this run as their source. */
  readonly made: readonly string[];
}

/**
 * The revision of everything that makes up a run: the name and {@link fileFingerprint} of each file below its directory, of artifacts
 * elsewhere, and of the datasets and models that it refers to. Unique while one of the files is too young for its times to show every
 * change. Reads no metric file.
 */
export function fileRevision(root: string, runDirectory: string, references: References, trust: Trust): string {
  const state = new FileStates();
  const uri = textField(peek(join(runDirectory, META_FILE)), 'artifact_uri');
  const artifacts = artifactLocation(root, runDirectory, uri, trust.locations).directory;
  const links = trust.links.within(runDirectory, ...(artifacts === undefined ? [] : [artifacts]));
  state.addDirectory('', runDirectory, links);
  if (artifacts !== undefined && artifacts !== join(runDirectory, ARTIFACTS)) {
    state.add(artifacts);
    state.addDirectory(ARTIFACTS, artifacts, links);
  }
  addReferred(state, runDirectory, references, trust);
  return state.digest();
}

/**
 * The revision of a run's artifacts: their location, and the name and {@link fileFingerprint} of each. Undefined for files that are not
 * on a file system of this machine.
 */
export function artifactsRevision(
  root: string,
  runDirectory: string,
  artifactUri: string | undefined,
  trust: Trust,
): string | undefined {
  if (artifactUri !== undefined && uriTarget(artifactUri).kind === 'remote') return undefined;
  const { directory, unused } = artifactLocation(root, runDirectory, artifactUri, trust.locations);
  const state = new FileStates();
  state.add(JSON.stringify([directory, unused]));
  if (directory !== undefined) {
    state.addDirectory(ARTIFACTS, directory, trust.links.within(runDirectory, directory));
  }
  return state.digest();
}

/** A digest of the state of files. */
class FileStates {
  readonly #hash = createHash('sha256');
  readonly #now = Date.now();
  #isSettled = true;

  add(text: string): void {
    this.#hash.update(`${text}\n`);
  }

  addDirectory(label: string, directory: string, links: LinkBounds): void {
    let lines = '';
    for (const { path, found } of walkFiles(directory, links)) {
      lines += `${label}/${path}\0${'stats' in found ? this.#fingerprintOf(found.stats) : found.error.message}\n`;
    }
    this.#hash.update(lines);
  }

  addFile(file: string): void {
    this.add(`${basename(dirname(file))}\0${this.#stateOf(file)}`);
  }

  /** A file that cannot be accessed is reported when it is read; here this is just another state. */
  #stateOf(file: string): string {
    try {
      const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
      return stats === undefined ? '' : this.#fingerprintOf(stats);
    } catch (cause) {
      const code = errorCode(cause);
      if (code === undefined) throw cause;
      return code;
    }
  }

  digest(): string {
    if (!this.#isSettled) this.add(randomUUID());
    return this.#hash.digest('hex');
  }

  #fingerprintOf(stats: BigIntStats): string {
    if (!isSettled(stats, this.#now)) this.#isSettled = false;
    return fileFingerprint(stats);
  }
}

/** `inputs/` and `outputs/` only refer to what is stored beside the runs. */
function addReferred(state: FileStates, runDirectory: string, { parts, made }: References, { links }: Trust): void {
  const experiment = dirname(runDirectory);
  const referred = (part: string) => (parts.has(part) ? referredIds(join(runDirectory, part)) : []);
  for (const id of referred(INPUTS)) {
    state.addFile(join(experiment, DATASETS, id, META_FILE));
  }
  for (const id of new Set([...referred(OUTPUTS), ...made])) {
    const model = join(experiment, MODELS, id);
    state.addFile(join(model, META_FILE));
    // its artifacts are not converted, and its metrics are the run's
    for (const part of [PARAMS, TAGS]) {
      state.addDirectory(`${MODELS}/${id}/${part}`, join(model, part), links.within(model));
    }
  }
}

function referredIds(directory: string): string[] {
  return linkFiles(directory)
    .map((file) => textField(peek(file), 'source_id') ?? '')
    .filter(isPlainName);
}

function linkFiles(directory: string): string[] {
  try {
    return directories(directory).map((name) => join(directory, name, META_FILE));
  } catch {
    return []; // that it is unreadable is already in the hash
  }
}

/** A meta.yaml, if it can be read now. */
function peek(file: string): YamlMapping {
  try {
    return parseYamlMapping(readText(file).text);
  } catch {
    return new Map();
  }
}
