import { lstatSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.js';
import { isPlainName } from '../local/directories.js';
import { notRegular } from '../local/regular-file.js';
import { asSkippable } from '../local/skippable.js';
import type { LinkPolicy } from '../trust/links.js';
import type { KeyFile } from './key-files.js';

/**
 * The file of one param, tag or metric of a run; undefined if there is none. Found by the rules of a listing (key-files.ts) without making
 * one. Throws for what is there and cannot be read.
 *
 * @param part `params`, `tags` or `metrics`
 */
export function findField(runDirectory: string, part: string, key: string, links: LinkPolicy): KeyFile | undefined {
  const names = key.split('/');
  if (!names.every(isPlainName)) return undefined;
  const bounds = links.within(runDirectory);
  /** What is at the end of a link that is followed, or there itself. */
  const follow = (path: string): Stats | undefined => {
    const entry = look(path, lstatSync);
    if (entry?.isSymbolicLink() !== true) return entry;
    const refused = bounds.refused(path);
    if (refused !== undefined) throw refused;
    return look(path, statSync);
  };
  let path = join(runDirectory, part);
  if (follow(path)?.isDirectory() !== true) return undefined;
  for (const [i, name] of names.entries()) {
    path = join(path, name);
    // as in MLflow, links to directories do not count
    if (i < names.length - 1 && look(path, lstatSync)?.isDirectory() !== true) return undefined;
  }
  const file = follow(path);
  if (file === undefined || file.isDirectory()) return undefined;
  if (!file.isFile()) throw notRegular(path);
  return { key, path };
}

function look(path: string, stat: (path: string, options: { throwIfNoEntry: false }) => Stats | undefined) {
  try {
    return stat(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (['ENOTDIR', 'ENAMETOOLONG'].includes(errorCode(cause) ?? '')) return undefined;
    throw asSkippable(cause, path);
  }
}
