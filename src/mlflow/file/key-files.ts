import { type Dirent, readdirSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { type ConvertError, errorCode } from '../../errors.js';
import type { UnreadPart } from '../../model.js';
import { sleep } from '../../wait.js';
import { MAX_DIRECTORY_DEPTH, MAX_ENTRIES } from '../common/bounds.js';
import { METRICS, PARAMS, TAGS } from '../common/layout-names.js';
import type { RunExtent } from '../common/tracking-store.js';
import { notRegular } from '../local/regular-file.js';
import { asSkippable, unreadableField } from '../local/skippable.js';
import { tooDeep, tooMany } from '../local/walk.js';
import type { LinkBounds } from '../trust/links.js';
import { kindOfEntry } from '../trust/paths.js';
import type { FieldContext, ListContext } from './field-budget.js';

/** The file of one param, tag or metric. Its path relative to its directory is the key. */
export interface KeyFile {
  /** With `/` on every system. */
  readonly key: string;
  readonly path: string;
}

/** Receives a file or directory that cannot be read and is skipped, with its key unless it is the top directory. */
export type Unreadable = (path: string, error: ConvertError, key?: string) => void;

/**
 * Lists all files below `params/`, `tags/` or `metrics/`, sorted by key; none if the directory does not exist. Names that begin with a
 * dot are ordinary keys. As in MLflow, links to files count and links to directories do not. A link that leads out of the run is
 * unreadable, and so is the directory itself if it is one. Of more than
 * {@link MAX_ENTRIES} files and directories, and deeper than {@link MAX_DIRECTORY_DEPTH}, the rest is not read.
 */
function listKeyFiles(directory: string, links: LinkBounds, unreadable: Unreadable): KeyFile[] {
  const found: Found = { files: [], entries: 0, links, unreadable };
  const refused = kindOfEntry(directory) === 'link' ? links.refused(directory) : undefined;
  if (refused !== undefined) unreadable(directory, refused);
  else collect(directory, '', 0, found);
  if (found.entries > MAX_ENTRIES) unreadable(directory, tooMany(directory));
  return found.files.sort((a, b) => (a.key < b.key ? -1 : 1));
}

interface Found {
  readonly files: KeyFile[];
  entries: number;
  readonly links: LinkBounds;
  readonly unreadable: Unreadable;
}

function collect(directory: string, prefix: string, depth: number, found: Found): void {
  if (depth > MAX_DIRECTORY_DEPTH) {
    found.unreadable(directory, tooDeep(directory), keyOf(prefix));
    return;
  }
  for (const entry of entriesOf(directory, prefix, found.unreadable)) {
    if (++found.entries > MAX_ENTRIES) return;
    const path = directory + sep + entry.name;
    const key = prefix + entry.name;
    if (entry.isDirectory()) collect(path, `${key}/`, depth + 1, found);
    else if (entry.isFile() || (entry.isSymbolicLink() && isFile(path, key, found))) found.files.push({ key, path });
    else if (!entry.isSymbolicLink()) found.unreadable(path, notRegular(path), key);
  }
}

function entriesOf(directory: string, prefix: string, unreadable: Unreadable): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') unreadable(directory, asSkippable(cause, directory), keyOf(prefix));
    return [];
  }
}

/** The key of a subdirectory. */
function keyOf(prefix: string): string | undefined {
  return prefix === '' ? undefined : prefix.slice(0, -1);
}

function isFile(path: string, key: string, { links, unreadable }: Found): boolean {
  try {
    const refused = links.refused(path);
    if (refused !== undefined) throw refused;
    const stats = statSync(path);
    if (!stats.isFile() && !stats.isDirectory()) unreadable(path, notRegular(path), key);
    return stats.isFile();
  } catch (cause) {
    unreadable(path, asSkippable(cause, path), key);
    return false;
  }
}

/** MLflow may just have truncated an empty file of this age to rewrite it; milliseconds. */
const RECENT = 10_000;
const RETRY_EVERY = 50;
const RETRIES = 4;

/**
 * Reads all params or tags: the whole file is the value, including newlines. A recently changed empty file is read again until it stays
 * empty. Files that cannot be read, and invalid UTF-8, are notices.
 *
 * @param name `params` or `tags`, for notices
 */
export async function readFields(directory: string, name: string, context: FieldContext): Promise<Map<string, string>> {
  const { signal, notice, budget } = context;
  const fields = new Map<string, string>();
  const read = (file: KeyFile): boolean => {
    try {
      const { text, replaced } = budget.read(file.path);
      fields.set(file.key, text);
      if (replaced) notice({ kind: 'text-replaced', path: `${name}/${file.key}` });
      return text === '';
    } catch (cause) {
      notice(
        unreadableField(`${name}/${file.key}`, file.path, asSkippable(cause, file.path), unreadOf(name, file.key)),
      );
      return false;
    }
  };

  const files = listFields(directory, name, context);
  let doubtful = files
    .filter(read)
    .map((file) => ({ file, modified: modificationTime(file.path) }))
    .filter(({ modified }) => Date.now() - modified < RECENT);
  for (let retry = 0; retry < RETRIES && doubtful.length > 0; retry++) {
    await sleep(RETRY_EVERY, signal);
    doubtful = doubtful
      .filter(({ file }) => read(file))
      .map(({ file, modified }) => ({ file, before: modified, modified: modificationTime(file.path) }))
      .filter(({ before, modified }) => before !== modified);
  }
  return fields;
}

/**
 * Lists all params, tags or metrics. What cannot be read is a notice. A missing or empty directory is reported as absent.
 */
export function listFields(directory: string, name: string, { notice, absent, links }: ListContext): KeyFile[] {
  let isAbsent = true;
  const files = listKeyFiles(directory, links.within(dirname(directory)), (path, error, key) => {
    isAbsent = false;
    notice(unreadableField(key === undefined ? name : `${name}/${key}`, path, error, unreadOf(name, key)));
  });
  const { part } = unreadOf(name);
  if (isAbsent && files.length === 0 && part !== 'models') absent?.({ part, directory });
  return files;
}

/** A line of a metric file: a time, a value of up to seventeen digits, a step. */
const BYTES_PER_POINT = 36;

/** What the sizes of metric files tell. */
export function extentOfFiles(files: readonly KeyFile[]): RunExtent {
  let points = 0;
  for (const { path } of files) {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    points += Math.ceil(size / BYTES_PER_POINT);
  }
  return { metrics: files.length, points, isExact: false };
}

/** The fields of a run are parts of their own; those of a model belong to the part `models`. */
function unreadOf(name: string, item?: string): UnreadPart {
  if (name !== PARAMS && name !== TAGS && name !== METRICS) return { part: 'models' };
  return { part: name, ...(item !== undefined && { item }) };
}

/** Milliseconds since the epoch; 0 if the file does not exist. */
function modificationTime(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
