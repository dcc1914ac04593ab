import { posix } from 'node:path';
import type { ArtifactFile, ArtifactRecord } from '../model.js';

type Link = Extract<ArtifactRecord, { type: 'link' }>;

/** Of a directory with more files than this, the directory is linked. */
const MAX_LINKS = 200;

/**
 * The links to files that stay in MLflow, sorted by path. More than 200 of them side by side become one link to their
 * directory; the run's artifact root is called `.` then, a name that no file can have.
 */
export function linksTo(files: Iterable<ArtifactFile>): Link[] {
  const directories = new Map<string, ArtifactFile[]>();
  for (const file of files) {
    const directory = posix.dirname(file.path);
    const siblings = directories.get(directory);
    if (siblings === undefined) directories.set(directory, [file]);
    else siblings.push(file);
  }
  const links: Link[] = [];
  for (const [directory, siblings] of directories) {
    if (siblings.length > MAX_LINKS) links.push({ type: 'link', path: directory, uri: parentUri(siblings[0]!.uri) });
    else for (const { path, uri } of siblings) links.push({ type: 'link', path, uri });
  }
  return links.sort((a, b) => comparePaths(a.path, b.path));
}

/** Order by UTF-16 code units: the same in every locale. */
export function comparePaths(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function parentUri(uri: string): string {
  return uri.slice(0, uri.lastIndexOf('/'));
}
