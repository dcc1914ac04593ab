import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { UnreachableReason } from '../../model.js';
import { ARTIFACTS, locationOfExperiment } from '../common/layout-names.js';
import { withoutTrailing } from '../common/trailing.js';
import { isDirectory } from '../local/directories.js';
import { hasEntries } from '../local/walk.js';
import { displayedUri } from '../locations/displayed-uri.js';
import { uriTarget } from '../locations/file-uri.js';
import { notFollowedReason, type TrustedLocations } from '../trust/locations.js';
import { kindOfEntry } from '../trust/paths.js';

/** Where the files of a run are. */
export interface ArtifactLocation {
  /** The directory that contains them; absent if none is accessible. */
  readonly directory?: string;
  /** True for a URI outside of file systems. `directory` is then the one in the store, in addition. */
  readonly isRemote?: true;
  /** Why the run's own location was not used, if files may be missing because of that. */
  readonly unused?: UnusedLocation;
}

export interface UnusedLocation {
  readonly uri: string;
  readonly detail: string;
  readonly reason: UnreachableReason;
}

/**
 * Finds a run's artifacts. Its `artifact_uri` was set when the run was created, by the machine that created it. Since then the store may
 * have been moved, renamed or copied to another machine, or the experiment moved to the trash. So the location is used if it exists, and
 * otherwise `artifacts/` in the run's directory, where the files of a moved store are.
 *
 * MLflow always creates that directory, even if the files go elsewhere, so an empty one means nothing. A location that no longer exists is
 * told unless it was one in a store (`…/<experiment>/<run>/artifacts`); one that exists but must not be followed always is.
 *
 * @param root the store's directory
 * @param runDirectory the run's directory
 */
export function artifactLocation(
  root: string,
  runDirectory: string,
  artifactUri: string | undefined,
  trust: TrustedLocations,
): ArtifactLocation {
  const inStore = join(runDirectory, ARTIFACTS);
  const kind = kindOfEntry(inStore);
  const isFollowed =
    kind === 'directory' ||
    (kind === 'link' && isDirectory(inStore) && trust.followsDirectory(inStore, basename(runDirectory)));
  const own = isFollowed ? { directory: inStore } : kind === 'link' ? { unused: unusedLink(inStore) } : {};
  if (artifactUri === undefined) return own;

  const target = uriTarget(artifactUri);
  if (target.kind === 'remote') return { ...own, isRemote: true };
  if (target.kind === 'local') {
    // relative to where training ran, often the directory that contains the store
    const candidates = target.paths.map((path) => resolve(dirname(root), path));
    const found = candidates.find(isDirectory);
    if (found === inStore && isFollowed) return own;
    if (found !== undefined && trust.followsDirectory(found, basename(runDirectory))) return { directory: found };
    if (found !== undefined) {
      return {
        ...own,
        unused: { uri: displayedUri(artifactUri), detail: notFollowedReason(found), reason: 'refused' },
      };
    }
    if (kind === 'link' && !isFollowed) return own;
    if (candidates.some((path) => wasNeverMade(path, runDirectory))) return own;
  }
  if (isInStoreLocation(artifactUri, runDirectory) || hasEntries(inStore)) return own;
  const detail = target.kind === 'local' ? 'does not exist, or is not accessible' : target.reason;
  const uri = displayedUri(artifactUri);
  return { ...own, unused: { uri, detail: `The artifact location ${detail}.`, reason: 'missing' } };
}

/** `artifacts/` is a link to a disk that is not mounted, or to something that must not be followed. */
function unusedLink(link: string): UnusedLocation {
  const uri = pathToFileURL(link).href;
  if (isDirectory(link)) return { uri, detail: notFollowedReason(link), reason: 'refused' };
  return { uri, detail: 'The artifact location is a link that leads nowhere.', reason: 'missing' };
}

/** MLflow creates `<location of the experiment>/<run>/artifacts` with the first file. Without files, only the location exists. */
function wasNeverMade(path: string, runDirectory: string): boolean {
  const experiment = locationOfExperiment(path, basename(runDirectory));
  return experiment !== undefined && isDirectory(experiment);
}

/** True for `<anything>/<experiment>/<run>/artifacts`: the place of this run in a store, wherever that was. */
function isInStoreLocation(artifactUri: string, runDirectory: string): boolean {
  const [experiment, run] = runDirectory.split(/[\\/]/).slice(-2);
  const last = withoutTrailing(artifactUri, '\\/').split(/[\\/]/).slice(-3);
  return last[0] === experiment && last[1] === run && last[2] === ARTIFACTS;
}
