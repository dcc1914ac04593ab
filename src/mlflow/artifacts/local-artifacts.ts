import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { uriTarget, withoutCredentials } from '../file/file-uri.js';
import { ARTIFACTS, isDirectory, locationOfExperiment } from '../file/layout.js';
import type { ArtifactOpener, ArtifactRepository } from './artifact-repository.js';
import { DirectoryArtifacts } from './directory-artifacts.js';
import { NO_ARTIFACTS, unreachableArtifacts } from './unreachable-artifacts.js';

/** Where the files of runs may lie whose recorded location is not on this machine. */
export interface LocalPlaces {
  /** The directory of the store or database. */
  readonly root?: string;
  /** A local `--artifacts-destination`. */
  readonly destination?: string;
  /** What else may have the files. */
  readonly server?: ArtifactOpener;
}

/**
 * The files of a run whose location is a path or `file:` URI. A relative path was relative to where MLflow ran: it is looked
 * for below the store's directory, then below the working directory. Stores are moved; so a location of the usual form,
 * `…/<experiment>/<run>/artifacts`, is then looked for in the places where moved files are put. Of a database's run MLflow makes
 * the directory, and all above it, when the first file is logged: a run without one has no files, as long as it is plain
 * that this is the machine and the place of which the location speaks.
 */
export function localArtifacts(runId: string, uri: string, places: LocalPlaces): ArtifactRepository {
  const target = uriTarget(uri);
  const own = target.kind === 'local' ? target.paths.flatMap((path) => absolutePaths(path, places.root)) : [];
  const moved = movedPaths(runId, uri, places);
  const found = [...own, ...moved].find(isDirectory);
  if (found !== undefined) return new DirectoryArtifacts(found);
  if (places.server !== undefined) return places.server.at(runId, uri);
  if (liesBeside(uri, places.root)) return NO_ARTIFACTS;
  if ([...own, ...moved].some((path) => wasNeverMade(runId, path, places))) return NO_ARTIFACTS;
  const reason = target.kind === 'foreign' ? target.reason : 'does not exist, or may not be looked at';
  return unreachableArtifacts(withoutCredentials(uri), `The artifact location ${reason}.`, 'missing');
}

function absolutePaths(path: string, root: string | undefined): string[] {
  if (isAbsolute(path)) return [resolve(path)];
  return root === undefined ? [resolve(path)] : [resolve(root, path), resolve(path)];
}

function movedPaths(runId: string, uri: string, { root, destination }: LocalPlaces): string[] {
  const names = uri.replace(/[\\/]+$/, '').split(/[\\/]/);
  const [experiment = '', run, last] = names.slice(-3);
  if (run !== runId || last !== ARTIFACTS || !/^[\w-]+$/.test(experiment)) return [];
  const stores = [root && join(root, 'mlruns'), root, root && join(root, 'mlartifacts'), destination];
  return stores.flatMap((store) => (store ? [join(resolve(store), experiment, run, ARTIFACTS)] : []));
}

/** True when the run's directory would be here if there were one: its experiment's is, or that of all, or the database. */
function wasNeverMade(runId: string, path: string, { root }: LocalPlaces): boolean {
  const experiment = locationOfExperiment(path, runId);
  if (experiment === undefined) return false;
  if (isDirectory(experiment)) return true;
  const store = dirname(experiment);
  // the database's own directory is always there, and says nothing
  return /^\d+$/.test(basename(experiment)) && store !== (root && resolve(root)) && isDirectory(store);
}

/** True for an absolute location beside the database: what is there was not moved. */
function liesBeside(uri: string, root: string | undefined): boolean {
  const target = uriTarget(uri);
  if (root === undefined || target.kind !== 'local') return false;
  return target.paths.some((path) => isAbsolute(path) && resolve(path).startsWith(`${resolve(root)}${sep}`));
}
