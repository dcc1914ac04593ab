import { lstatSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { errorCode } from '../../errors.js';

/** A path with `..` and all links resolved; undefined where nothing is there or it may not be looked at. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    return undefined;
  }
}

/** True for a directory itself and for all that lies below it; both paths are absolute and resolved. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** What a path is, not looking through a link; undefined where nothing is there or it may not be looked at. */
export function kindOfEntry(path: string): 'directory' | 'link' | 'other' | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'link' : 'other';
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    return undefined;
  }
}
