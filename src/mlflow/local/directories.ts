import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.js';

/** True for a link whose target does not exist or is not accessible. */
export function leadsNowhere(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return true;
  }
}

/** False only for what certainly does not exist. What is not accessible is reported when it is read. */
export function mayExist(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    return errorCode(cause) !== 'ENOTDIR';
  }
}

/** True for a directory or a link to one; false for anything else, and for what is not accessible. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

/**
 * The names of all subdirectories, including links to directories, sorted. Throws the system's error.
 *
 * @param dangling also include links with such names that lead nowhere
 */
export function directories(path: string, dangling?: RegExp): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => isDirectoryEntry(entry, path) || (dangling?.test(entry.name) && isDanglingLink(entry, path)))
    .map((entry) => entry.name)
    .sort();
}

function isDirectoryEntry(entry: Dirent, parent: string): boolean {
  return entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(join(parent, entry.name)));
}

function isDanglingLink(entry: Dirent, parent: string): boolean {
  return entry.isSymbolicLink() && leadsNowhere(join(parent, entry.name));
}

/** True if `name` is a single name, and not a path that leads elsewhere: anybody may have written the ids in files. */
export function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}
