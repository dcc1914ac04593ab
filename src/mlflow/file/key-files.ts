import { type Dirent, readdirSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConvertError, errorCode } from '../../errors.js';
import type { Notice, UnreadPart } from '../../model.js';
import { PARAMS, TAGS } from './layout.js';
import { readText } from './read-text.js';
import { passable, unreadableField } from './trouble.js';

/** One param, tag or metric: the file's path below its directory is its key. */
export interface KeyFile {
  /** With `/` on every system. */
  readonly key: string;
  readonly path: string;
}

/** Told of a file or directory that cannot be read and is passed over. */
export type Unreadable = (path: string, error: ConvertError) => void;

/**
 * All files below `params/`, `tags/` or `metrics/`, sorted by key; none when the directory is not there. Names that
 * begin with a dot are keys like others. As in MLflow, links to files count and links to directories do not.
 */
export function listKeyFiles(directory: string, unreadable: Unreadable): KeyFile[] {
  const files: KeyFile[] = [];
  collect(directory, '', files, unreadable);
  return files.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function collect(directory: string, prefix: string, files: KeyFile[], unreadable: Unreadable): void {
  for (const entry of entriesOf(directory, unreadable)) {
    const path = directory + sep + entry.name;
    if (entry.isDirectory()) collect(path, `${prefix}${entry.name}/`, files, unreadable);
    else if (entry.isFile() || (entry.isSymbolicLink() && isFile(path, unreadable)))
      files.push({ key: prefix + entry.name, path });
  }
}

function entriesOf(directory: string, unreadable: Unreadable): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') unreadable(directory, passable(cause, directory));
    return [];
  }
}

function isFile(path: string, unreadable: Unreadable): boolean {
  try {
    return statSync(path).isFile();
  } catch (cause) {
    unreadable(path, passable(cause, path));
    return false;
  }
}

/** An empty file this young may be one that MLflow has just truncated to write it again; milliseconds. */
const FRESH = 10_000;
const BETWEEN_LOOKS = 50;
const MORE_LOOKS = 4;

/**
 * Reads all params or tags: the whole file is the value, newlines kept. An empty file is an empty value, once it has been
 * found unchanged on a second look. A file that cannot be read, and bytes that are no UTF-8, are notices.
 *
 * @param name `params` or `tags`, for notices
 */
export async function readFields(
  directory: string,
  name: string,
  signal: AbortSignal,
  notice: (notice: Notice) => void,
): Promise<Map<string, string>> {
  const fields = new Map<string, string>();
  const read = (file: KeyFile): boolean => {
    try {
      const { text, replaced } = readText(file.path);
      fields.set(file.key, text);
      if (replaced) notice({ kind: 'text-replaced', path: `${name}/${file.key}` });
      return text === '';
    } catch (cause) {
      notice(unreadableField(`${name}/${file.key}`, file.path, passable(cause, file.path), unreadOf(name, file.key)));
      return false;
    }
  };

  const files = listKeyFiles(directory, (path, error) => notice(unreadableField(name, path, error, unreadOf(name))));
  let doubtful = files
    .filter(read)
    .map((file) => ({ file, modified: modificationTime(file.path) }))
    .filter(({ modified }) => Date.now() - modified < FRESH);
  for (let look = 0; look < MORE_LOOKS && doubtful.length > 0; look++) {
    await delay(BETWEEN_LOOKS, undefined, { signal }).catch(() => signal.throwIfAborted());
    doubtful = doubtful
      .filter(({ file }) => read(file))
      .map(({ file, modified }) => ({ file, before: modified, modified: modificationTime(file.path) }))
      .filter(({ before, modified }) => before !== modified);
  }
  return fields;
}

/** The fields of a run are parts of it; those of a model are not read apart from the others. */
function unreadOf(name: string, item?: string): UnreadPart {
  if (name !== PARAMS && name !== TAGS) return { part: 'models' };
  return { part: name, ...(item !== undefined && { item }) };
}

/** Milliseconds since the epoch; 0 for a file that is gone. */
function modificationTime(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
