import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { withoutTrailing } from '../../mlflow/common/trailing.js';
import { displayedUri } from '../../mlflow/locations/displayed-uri.js';
import { uriScheme, uriTarget } from '../../mlflow/locations/file-uri.js';
import type { RunRef } from '../../model.js';

/** Where a run and its artifacts are in MLflow, as {@link placeName} writes it. */
export interface RunPlaces {
  /** The run's own directory, if it has one. */
  readonly directory?: string;
  readonly artifacts?: string;
}

/** @param artifactUri as MLflow recorded it */
export function placesOf({ locator }: RunRef, trackingUri: string, artifactUri: string | undefined): RunPlaces {
  const isDirectory = uriScheme(trackingUri) === undefined;
  return {
    ...(isDirectory && { directory: join(trackingUri, locator) }),
    ...(artifactUri !== undefined && { artifacts: placeName(artifactUri) }),
  };
}

/** A path, also one written as `file:`, as an absolute path; any other URI without credentials. Without a trailing slash. */
export function placeName(uri: string): string {
  const target = uriTarget(uri);
  const [path] = target.kind === 'local' ? target.paths : [];
  const name = path === undefined ? displayedUri(uri) : resolve(path);
  return name.length > 1 ? withoutTrailing(name, '/') : name;
}

/**
 * The directory for a run's files, if it does not exist: no revision of the source reveals when it appears. Files in the
 * run's own directory are part of its revision, and a path from a server is on that server's machine.
 */
export function awaitedOf({ directory, artifacts }: RunPlaces, trackingUri: string): string | undefined {
  if (artifacts === undefined || !isAbsolute(artifacts) || /^https?:/.test(trackingUri)) return undefined;
  if (directory !== undefined && artifacts.startsWith(directory + sep)) return undefined;
  return existsSync(artifacts) ? undefined : artifacts;
}
