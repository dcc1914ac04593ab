import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ARTIFACTS, locationOfExperiment } from '../common/layout-names.js';
import { withoutTrailing } from '../common/trailing.js';
import { isDirectory } from '../local/directories.js';
import { displayedUri } from '../locations/displayed-uri.js';
import { uriTarget } from '../locations/file-uri.js';
import { notFollowedReason } from '../trust/locations.js';
import type { Trust } from '../trust/trust.js';
import type { ArtifactOpener, ArtifactRepository } from './artifact-repository.js';
import { DirectoryArtifacts } from './directory-artifacts.js';
import { refusedArtifacts } from './refused-artifacts.js';
import { ServerOrDirectory } from './server-or-directory.js';
import { NO_ARTIFACTS, unreachableArtifacts } from './unreachable-artifacts.js';

/** Where to look for the files of runs whose recorded location is not on this machine. */
export interface LocalPlaces {
  /** The directory of the store or database. */
  readonly root?: string;
  /** A local `--artifacts-destination`. */
  readonly destination?: string;
  /** The server that reported the location. */
  readonly server?: ArtifactOpener;
  /** Whether that server runs on this machine, so that its paths mean the same here. */
  readonly serverIsHere?: boolean;
  readonly trust: Trust;
}

/**
 * The files of a run whose location is a path or `file:` URI. A relative path was relative to where MLflow ran: it is looked
 * up below the store's directory, then below the working directory. Stores get moved, so a location of the usual form,
 * `…/<experiment>/<run>/artifacts`, is then looked up in the places where moved files end up. For a run in a database,
 * MLflow creates the directory and its parents with the first logged file: without a directory the run has no files,
 * provided that the location clearly refers to this machine and place.
 *
 * Files that a server reports are first requested from it. On this machine it may only name what the user also named or, if
 * it runs here, what has the form of a run's files.
 */
export function localArtifacts(runId: string, uri: string, places: LocalPlaces): ArtifactRepository {
  const target = uriTarget(uri);
  const own = target.kind === 'local' ? target.paths.flatMap((path) => absolutePaths(path, places.root)) : [];
  const moved = movedPaths(runId, uri, places);
  const found = [...own, ...moved].filter(isDirectory);
  if (found.length > 0) return foundArtifacts(runId, uri, found, places);
  if (places.server !== undefined) return places.server.at(runId, uri);
  if (liesBeside(uri, places.root)) return NO_ARTIFACTS;
  if ([...own, ...moved].some((path) => wasNeverMade(runId, path, places))) return NO_ARTIFACTS;
  const reason = target.kind === 'foreign' ? target.reason : 'does not exist, or is not accessible';
  return unreachableArtifacts(displayedUri(uri), `The artifact location ${reason}.`, 'missing');
}

/** @param found existing directories, the best first */
function foundArtifacts(
  runId: string,
  uri: string,
  found: readonly string[],
  { server, serverIsHere = false, trust }: LocalPlaces,
): ArtifactRepository {
  const filesIn = (path: string) => new DirectoryArtifacts(path, trust.links.within(path));
  const { locations } = trust;
  if (server === undefined) {
    const followed = found.find((path) => locations.followsDirectory(path, runId));
    return followed === undefined ? refusedArtifacts(uri, notFollowedReason(found[0] ?? uri)) : filesIn(followed);
  }
  const named = found.find((path) => locations.isNamed(path));
  if (named !== undefined) return filesIn(named);
  const followed = serverIsHere ? found.find((path) => locations.followsDirectory(path, runId)) : undefined;
  if (followed !== undefined) return new ServerOrDirectory(server.at(runId, uri), followed, filesIn(followed));
  return refusedArtifacts(uri, ofThisMachine(found[0] ?? uri), server.at(runId, uri));
}

function ofThisMachine(path: string): string {
  const root = pathToFileURL(path).href;
  return `What this machine has there was not read; --allow-root ${root} reads it.`;
}

function absolutePaths(path: string, root: string | undefined): string[] {
  if (isAbsolute(path)) return [resolve(path)];
  return root === undefined ? [resolve(path)] : [resolve(root, path), resolve(path)];
}

function movedPaths(runId: string, uri: string, { root, destination }: LocalPlaces): string[] {
  const names = withoutTrailing(uri, '\\/').split(/[\\/]/);
  const [experiment = '', run, last] = names.slice(-3);
  if (run !== runId || last !== ARTIFACTS || !/^[\w-]+$/.test(experiment)) return [];
  const stores = [root && join(root, 'mlruns'), root, root && join(root, 'mlartifacts'), destination];
  return stores.flatMap((store) => (store ? [join(resolve(store), experiment, run, ARTIFACTS)] : []));
}

/**
 * True if the run's directory would be here if it existed: that of its experiment is, or that of all experiments, or the
 * database.
 */
function wasNeverMade(runId: string, path: string, { root }: LocalPlaces): boolean {
  const experiment = locationOfExperiment(path, runId);
  if (experiment === undefined) return false;
  if (isDirectory(experiment)) return true;
  const store = dirname(experiment);
  // the database's own directory always exists, which says nothing
  return /^\d+$/.test(basename(experiment)) && store !== (root && resolve(root)) && isDirectory(store);
}

/** True for an absolute location next to the database: nothing was moved. */
function liesBeside(uri: string, root: string | undefined): boolean {
  const target = uriTarget(uri);
  if (root === undefined || target.kind !== 'local') return false;
  return target.paths.some((path) => isAbsolute(path) && resolve(path).startsWith(`${resolve(root)}${sep}`));
}
