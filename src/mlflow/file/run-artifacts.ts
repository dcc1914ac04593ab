import { basename } from 'node:path';
import type { Run } from '../../model.js';
import type { ArtifactOpener, ArtifactRepository } from '../artifacts/artifact-repository.js';
import { ArtifactsOrDirectory } from '../artifacts/artifacts-or-directory.js';
import { DirectoryArtifacts } from '../artifacts/directory-artifacts.js';
import { NO_ARTIFACTS, unreachableArtifacts } from '../artifacts/unreachable-artifacts.js';
import type { Trust } from '../trust/trust.js';
import { artifactLocation } from './artifact-location.js';

/** What all runs of a store have in common. */
export interface ArtifactSources {
  /** The store's directory. */
  readonly root: string;
  readonly trust: Trust;
  /** Opens what is not on a file system of this machine. */
  readonly remote: ArtifactOpener;
}

/** The files of a file store's run: those at its artifact location, or in its own directory if that is not accessible. */
export function runArtifacts(
  runDirectory: string,
  { artifactUri }: Pick<Run, 'artifactUri'>,
  { root, trust, remote }: ArtifactSources,
): ArtifactRepository {
  const { directory, isRemote, unused } = artifactLocation(root, runDirectory, artifactUri, trust.locations);
  const own = isRemote
    ? remote.at(basename(runDirectory), artifactUri)
    : unused && unreachableArtifacts(unused.uri, unused.detail, unused.reason);
  if (directory === undefined) return own ?? NO_ARTIFACTS;
  const links = trust.links.within(runDirectory, directory);
  return own === undefined ? new DirectoryArtifacts(directory, links) : new ArtifactsOrDirectory(own, directory, links);
}
