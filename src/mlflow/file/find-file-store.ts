import { closeSync, opendirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ConvertError, type ErrorCode, type ErrorDetails, toConvertError } from '../../errors.js';
import { META_FILE, TRASH } from '../common/layout-names.js';
import { directories, isDirectory, mayExist } from '../local/directories.js';
import { readText } from '../local/read-text.js';
import { openRegular } from '../local/regular-file.js';
import { displayedUri } from '../locations/displayed-uri.js';
import { uriTarget } from '../locations/file-uri.js';
import { experimentDirectories, trashedDirectories } from './layout.js';
import { parseYamlMapping } from './yaml-mapping.js';

/** The most directories to search for a store when the given one is not: enough for a hint, not a search of the disk. */
const MAX_HINT_DIRECTORIES = 200;

/**
 * The absolute path of the file store that a path or `file:` URI names. Throws a `fatal` error that says what is there instead and, if
 * possible, which path was probably meant.
 */
export function findFileStore(uri: string): string {
  const target = uriTarget(uri);
  if (target.kind !== 'local') {
    const reason = target.kind === 'foreign' ? target.reason : `begins with ${target.scheme}:`;
    throw notAStore(
      'source-unsupported',
      `${displayedUri(uri)} ${reason}, and cannot be opened on this machine.`,
      uri,
      'Give the path of the store as this machine sees it.',
    );
  }
  const candidates = target.paths.map((path) => resolve(path));
  const root = candidates.find((path) => mayExist(path)) ?? candidates[0] ?? uri;
  checkIsDirectory(root);
  try {
    if (mayExist(join(root, META_FILE))) throw insideAStore(root);
    if (holdsExperiments(root)) return root;
  } catch (cause) {
    throw fatalError(cause, root);
  }
  throw notAStore(
    'not-mlflow',
    `${root} contains no MLflow experiment: none of its subdirectories has a ${META_FILE}.`,
    root,
    hintFor(root) ?? 'Give the directory that MLflow tracks into, by default mlruns.',
  );
}

function checkIsDirectory(root: string): void {
  try {
    if (statSync(root).isDirectory()) {
      opendirSync(root).closeSync();
      statSync(`${root}/.`); // its entries must be accessible too
      return;
    }
  } catch (cause) {
    throw fatalError(cause, root);
  }
  const hint = isSqlite(root) ? `It is a SQLite database; use sqlite:///${root}` : 'Give the directory of the store.';
  throw notAStore('wrong-type', `${root} is a file, not a directory.`, root, hint);
}

function holdsExperiments(root: string): boolean {
  const holdsMeta = (parent: string) => (name: string) => mayExist(join(parent, name, META_FILE));
  return (
    experimentDirectories(root).some(holdsMeta(root)) || trashedDirectories(root).some(holdsMeta(join(root, TRASH)))
  );
}

/** The path is that of an experiment or a run, one or two levels too deep. */
function insideAStore(directory: string): ConvertError {
  const isRun = isRunMeta(join(directory, META_FILE));
  const experiment = isRun ? dirname(directory) : directory;
  const parent = dirname(experiment);
  const store = basename(parent) === TRASH ? dirname(parent) : parent;
  const what = isRun ? 'a single run' : 'a single experiment';
  return notAStore(
    'not-mlflow',
    `${directory} is ${what} of a store, not the store.`,
    directory,
    `${store} looks like the store; use that.`,
  );
}

function isRunMeta(file: string): boolean {
  try {
    const fields = parseYamlMapping(readText(file).text);
    return fields.has('run_id') || fields.has('run_uuid');
  } catch {
    return false;
  }
}

function hintFor(root: string): string | undefined {
  const below = ['mlruns', ...directories(root).slice(0, MAX_HINT_DIRECTORIES)].map((name) => join(root, name));
  const store = below.find((path) => isDirectory(path) && looksLikeStore(path));
  if (store !== undefined) return `${store} looks like the store; use that.`;
  const database = [join(dirname(root), 'mlflow.db'), join(root, 'mlflow.db')].find(isSqlite);
  if (database === undefined) return undefined;
  return `Its runs are probably in the database beside it; use sqlite:///${database}`;
}

function looksLikeStore(path: string): boolean {
  try {
    return !mayExist(join(path, META_FILE)) && holdsExperiments(path);
  } catch {
    return false;
  }
}

function isSqlite(file: string): boolean {
  try {
    const magic = Buffer.alloc(16);
    const { fd } = openRegular(file);
    try {
      readSync(fd, magic, 0, magic.length, 0);
    } finally {
      closeSync(fd);
    }
    return magic.toString('latin1') === 'SQLite format 3\0';
  } catch {
    return false;
  }
}

function fatalError(cause: unknown, root: string): ConvertError {
  const error = toConvertError(cause, 'fatal', root);
  if (error.kind === 'fatal') return error;
  const hint = error.hint ?? 'Check the path, or give the URI of the tracking server or database.';
  return notAStore(error.code === 'not-found' ? 'source-not-found' : error.code, error.message, root, hint, cause);
}

function notAStore(code: ErrorCode, message: string, where: string, hint: string, cause?: unknown): ConvertError {
  const details: ErrorDetails = { where, hint, ...(cause === undefined ? {} : { cause }) };
  return new ConvertError('fatal', code, message, details);
}
