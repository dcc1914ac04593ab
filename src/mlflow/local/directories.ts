import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.js';

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
