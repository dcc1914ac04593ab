import { type BigIntStats, type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { ConvertError, errorCode } from '../../errors.js';
import { MAX_DIRECTORY_DEPTH, MAX_ENTRIES, MAX_LINKED_VISITS } from '../common/bounds.js';
import type { LinkBounds } from '../trust/links.js';
import { notRegular } from './regular-file.js';
import { asSkippable } from './skippable.js';

/** A file below a directory, or something else there, which cannot be read. */
export interface WalkedFile {
  /** Relative to the top directory, with `/` on every system. */
  readonly path: string;
  readonly absolute: string;
  readonly found: { readonly stats: BigIntStats } | { readonly error: ConvertError };
}

/** A directory on the path from the top to the current one. */
interface Level {
  readonly absolute: string;
  /** Relative to the top directory, which is ''. */
  readonly path: string;
  /** True below a link, which may lead back to a level above. */
  readonly linked: boolean;
  readonly above: Level | undefined;
  readonly depth: number;
  /** The path with links resolved, once it was needed. */
  real?: string;
}

/**
 * Lists all files below a directory, sorted by path (by UTF-16 code units). Follows links as far as `links` allows. An error of its path is: a
 * link that leads out of there, or back to a directory above, or to a directory that others have led to {@link MAX_LINKED_VISITS} times; a
 * directory that cannot be listed, or is deeper than {@link MAX_DIRECTORY_DEPTH}; a dangling link, a socket and the like. Only the names of
 * the current directory and those above it are in memory. If `directory` itself cannot be listed, that is an error of the path ''; so it is,
 * at the end, if it has more than {@link MAX_ENTRIES} entries.
 */
export function* walkFiles(directory: string, links: LinkBounds): Generator<WalkedFile, void, void> {
  const found = { entries: 0, links, visits: new Map<string, number>() };
  yield* walkLevel({ absolute: directory, path: '', linked: false, above: undefined, depth: 0 }, found);
  if (found.entries > MAX_ENTRIES) yield { path: '', absolute: directory, found: { error: tooMany(directory) } };
}

interface Found {
  entries: number;
  readonly links: LinkBounds;
  /** How often links have led to a directory, by its real path. */
  readonly visits: Map<string, number>;
}

function* walkLevel(level: Level, found: Found): Generator<WalkedFile, void, void> {
  const entries = entriesOf(level, found.visits);
  if (entries instanceof ConvertError) {
    yield { path: level.path, absolute: level.absolute, found: { error: entries } };
    return;
  }
  for (const { path, absolute, isDirectory, linked, error } of sorted(level, entries, found.links)) {
    if (++found.entries > MAX_ENTRIES) return;
    if (error !== undefined) yield { path, absolute, found: { error } };
    else if (isDirectory) yield* walkLevel({ absolute, path, linked, above: level, depth: level.depth + 1 }, found);
    else yield fileAt(path, absolute);
    if (found.entries > MAX_ENTRIES) return;
  }
}

/** The error for a directory with too many entries. */
export function tooMany(directory: string): ConvertError {
  const most = MAX_ENTRIES.toLocaleString('en');
  return new ConvertError(
    'skip-item',
    'too-large',
    `${directory} contains more than ${most} files and directories; the rest is skipped.`,
  );
}

export function tooDeep(directory: string): ConvertError {
  const message = `${directory} is ${MAX_DIRECTORY_DEPTH} directories deep; its content is skipped.`;
  return new ConvertError('skip-item', 'too-large', message);
}

interface Item {
  readonly path: string;
  readonly absolute: string;
  readonly isDirectory: boolean;
  readonly linked: boolean;
  /** Why a link is not followed. */
  readonly error?: ConvertError;
}

/** Directories sort as if their names ended with `/`, so that the paths of all files are sorted. */
function sorted(level: Level, entries: Dirent[], links: LinkBounds): Item[] {
  const items = entries.map((entry): Item => {
    const absolute = level.absolute + sep + entry.name; // `join` costs more than the entry's stat
    const isLink = entry.isSymbolicLink();
    const path = level.path === '' ? entry.name : `${level.path}/${entry.name}`;
    const error = isLink ? links.refused(absolute) : undefined;
    if (error !== undefined) return { path, absolute, isDirectory: false, linked: true, error };
    const isDirectory = isLink ? leadsToDirectory(absolute) : entry.isDirectory();
    return { path, absolute, isDirectory, linked: level.linked || isLink };
  });
  const key = (item: Item): string => (item.isDirectory ? `${item.path}/` : item.path);
  return items.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function leadsToDirectory(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false; // fileAt reports why
  }
}

function entriesOf(level: Level, visits: Map<string, number>): Dirent[] | ConvertError {
  if (level.depth > MAX_DIRECTORY_DEPTH) return tooDeep(level.absolute);
  try {
    if (level.linked) {
      const fault = faultOfLink(level, visits);
      if (fault !== undefined)
        return new ConvertError('skip-item', 'bad-path', `${level.absolute} is a link that ${fault}.`);
    }
    return readdirSync(level.absolute, { withFileTypes: true });
  } catch (cause) {
    return asSkippable(cause, level.absolute);
  }
}

function realOf(level: Level): string {
  level.real ??= realpathSync.native(level.absolute);
  return level.real;
}

/** Why a directory at or below a link is not walked. */
function faultOfLink(level: Level, visits: Map<string, number>): string | undefined {
  const real = realOf(level);
  for (let above = level.above; above !== undefined; above = above.above) {
    if (realOf(above) === real) return 'leads back to a directory above it';
  }
  const before = visits.get(real) ?? 0;
  visits.set(real, before + 1);
  return before < MAX_LINKED_VISITS ? undefined : `leads to ${real}, as ${MAX_LINKED_VISITS} others do`;
}

function fileAt(path: string, absolute: string): WalkedFile {
  try {
    const stats = statSync(absolute, { bigint: true });
    if (stats.isFile()) return { path, absolute, found: { stats } };
    return { path, absolute, found: { error: notRegular(absolute) } };
  } catch (cause) {
    return { path, absolute, found: { error: asSkippable(cause, absolute) } };
  }
}

/** Whether a directory contains anything; false if it does not exist or cannot be listed. */
export function hasEntries(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    return false;
  }
}
