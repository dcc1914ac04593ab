import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { UnreachableReason } from '../../model.js';
import { ARTIFACTS, locationOfExperiment } from '../common/layout-names.js';
import { withoutTrailing } from '../common/trailing.js';
import { isDirectory } from '../local/directories.js';
import { hasEntries } from '../local/walk.js';
import { displayedUri, uriTarget } from '../locations/file-uri.js';
import { notFollowedReason, type TrustedLocations } from '../trust/locations.js';
import { kindOfEntry } from '../trust/paths.js';

/** Where the files of a run lie. */
export interface ArtifactLocation {
  /** The directory that holds them; absent when none can be reached. */
  readonly directory?: string;
  /** True for a URI that names no file system: `directory` is then only what lies in the store, besides. */
  readonly isRemote?: true;
  /** Why the run's own location was not used, when files may be missing because of it. */
  readonly trouble?: ArtifactTrouble;
}

export interface ArtifactTrouble {
  readonly uri: string;
  readonly detail: string;
  readonly reason: UnreachableReason;
}

/**
 * Finds a run's artifacts. Its `artifact_uri` was fixed when the run was made, by the machine that made it: stores
 * are moved, renamed, copied to other machines, and deleted experiments move to the trash. So the location is used
 * when it exists, and otherwise `artifacts/` in the run's directory, where the files of a moved store are.
 *
 * That directory is always made, also when the files go elsewhere; so its being empty says nothing, and a location
 * that is gone is trouble only when it was not one in a store (`…/<experiment>/<run>/artifacts`). One that is
 * there and is not to be followed always is.
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
  const own = isFollowed ? { directory: inStore } : kind === 'link' ? { trouble: linkTrouble(inStore) } : {};
  if (artifactUri === undefined) return own;

  const target = uriTarget(artifactUri);
  if (target.kind === 'remote') return { ...own, isRemote: true };
  if (target.kind === 'local') {
    // a relative location was relative to where training ran: often the directory that holds the store
    const candidates = target.paths.map((path) => resolve(dirname(root), path));
    const found = candidates.find(isDirectory);
    if (found === inStore && isFollowed) return own;
    if (found !== undefined && trust.followsDirectory(found, basename(runDirectory))) return { directory: found };
    if (found !== undefined) {
      return {
        ...own,
        trouble: { uri: displayedUri(artifactUri), detail: notFollowedReason(found), reason: 'refused' },
      };
    }
    if (kind === 'link' && !isFollowed) return own;
    if (candidates.some((path) => wasNeverMade(path, runDirectory))) return own;
  }
  if (isInStoreLocation(artifactUri, runDirectory) || hasEntries(inStore)) return own;
  const detail = target.kind === 'local' ? 'does not exist, or may not be looked at' : target.reason;
  const uri = displayedUri(artifactUri);
  return { ...own, trouble: { uri, detail: `The artifact location ${detail}.`, reason: 'missing' } };
}

/** A link where the files of a run should be: to a disk that is not mounted, or to what is none of its files. */
function linkTrouble(link: string): ArtifactTrouble {
  const uri = pathToFileURL(link).href;
  if (isDirectory(link)) return { uri, detail: notFollowedReason(link), reason: 'refused' };
  return { uri, detail: 'The artifact location is a link to what does not exist.', reason: 'missing' };
}

/** MLflow makes `<location of the experiment>/<run>/artifacts` with the first file; without one there is the location only. */
function wasNeverMade(path: string, runDirectory: string): boolean {
  const experiment = locationOfExperiment(path, basename(runDirectory));
  return experiment !== undefined && isDirectory(experiment);
}

/** True for `<anything>/<experiment>/<run>/artifacts`: the place of this very run in a store, wherever that was. */
function isInStoreLocation(artifactUri: string, runDirectory: string): boolean {
  const [experiment, run] = runDirectory.split(/[\\/]/).slice(-2);
  const last = withoutTrailing(artifactUri, '\\/').split(/[\\/]/).slice(-3);
  return last[0] === experiment && last[1] === run && last[2] === ARTIFACTS;
}
