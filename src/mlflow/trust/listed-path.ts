import type { Notice } from '../../model.js';

/**
 * True for a path below a directory that was listed ('' for the root), as whoever listed it should give it: without `..`, and
 * not absolute.
 */
export function isListedBelow(directory: string, path: string): boolean {
  const prefix = directory === '' ? '' : `${directory}/`;
  const below = path.slice(prefix.length);
  if (!path.startsWith(prefix) || below === '' || below.startsWith('/')) return false;
  return !below.split('/').some((name) => name === '..' || name === '.');
}

/** The notice of an entry that is not below the directory that was listed. */
export function listedOutside(path: string): Notice {
  const detail = 'It was listed where it does not lie, and was not asked for.';
  return { kind: 'artifact-skipped', path, reason: 'path-outside', detail };
}
