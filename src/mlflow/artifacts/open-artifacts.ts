import { join, resolve } from 'node:path';
import type { Retry } from '../../events.js';
import { withoutTrailing } from '../common/trailing.js';
import { isDirectory } from '../local/directories.js';
import { azureLocation } from '../locations/azure-location.js';
import { displayedUri } from '../locations/displayed-uri.js';
import { uriScheme, uriTarget } from '../locations/file-uri.js';
import { gcsLocation } from '../locations/gcs-location.js';
import { b2Location, r2Location, type S3Location, s3Location } from '../locations/s3-location.js';
import { notFollowedReason } from '../trust/locations.js';
import { type Trust, type TrustOptions, trustOf } from '../trust/trust.js';
import type { ArtifactOpener, ArtifactRepository } from './artifact-repository.js';
import { AZURE_ADVICE, openAzure } from './azure-store.js';
import { DirectoryArtifacts } from './directory-artifacts.js';
import { DownloadSlots } from './download-slots.js';
import { GCS_ADVICE, openGcs } from './gcs-store.js';
import { localArtifacts } from './local-artifacts.js';
import { ObjectArtifacts } from './object-artifacts.js';
import type { ObjectPlace, ObjectStore } from './object-store.js';
import { proxiedPath } from './proxied-path.js';
import { refusedArtifacts } from './refused-artifacts.js';
import { openS3, S3_ADVICE } from './s3-store.js';
import { SharedStore } from './shared-store.js';
import { NO_ARTIFACTS, unreachableArtifacts } from './unreachable-artifacts.js';

export interface ArtifactSettings extends TrustOptions {
  /** The directory of the store or database: relative and stale locations are looked for below it. */
  readonly root?: string;
  /** Fetches through the tracking server, if there is one, what cannot be read directly. */
  readonly server?: ArtifactOpener;
  /** Whether that server runs on this machine. */
  readonly serverIsHere?: boolean;
  /** Decides which locations are followed; by default those with MLflow's own form, and those that the user named. */
  readonly trust?: Trust;
  /** Concurrent listings and downloads; at least 1. */
  readonly concurrency: number;
  /** Hears of downloads that are about to be tried again. */
  readonly retrying?: (retry: Retry) => void;
}

/** Opens the artifact locations of MLflow: directories, object stores, and files that a tracking server proxies. */
export function openArtifacts(settings: ArtifactSettings): ArtifactOpener {
  return new Artifacts(settings);
}

type Open = (artifacts: Artifacts, runId: string, uri: string) => ArtifactRepository;

/** Opens artifact URIs, by scheme; '' is a path. MLflow's own list is in artifact_repository_registry.py. */
const SCHEMES: Readonly<Record<string, Open>> = {
  '': (artifacts, runId, uri) => artifacts.local(runId, uri),
  file: (artifacts, runId, uri) => artifacts.local(runId, uri),
  s3: (artifacts, runId, uri) => artifacts.s3(runId, uri, s3Location(uri)),
  r2: (artifacts, runId, uri) => artifacts.s3(runId, uri, r2Location(uri)),
  b2: (artifacts, runId, uri) => artifacts.s3(runId, uri, b2Location(uri)),
  gs: (artifacts, runId, uri) => artifacts.gcs(runId, uri),
  wasb: (artifacts, runId, uri) => artifacts.azure(runId, uri),
  wasbs: (artifacts, runId, uri) => artifacts.azure(runId, uri),
  abfs: (artifacts, runId, uri) => artifacts.azure(runId, uri),
  abfss: (artifacts, runId, uri) => artifacts.azure(runId, uri),
  'mlflow-artifacts': (artifacts, runId, uri) => artifacts.proxied(runId, uri),
  http: (artifacts, runId, uri) => artifacts.proxied(runId, uri),
  https: (artifacts, runId, uri) => artifacts.proxied(runId, uri),
};

/** What may contain the files that a server proxies. */
const DESTINATIONS: ReadonlySet<string> = new Set(['s3', 'r2', 'b2', 'gs', 'wasb', 'wasbs', 'abfs', 'abfss']);

class Artifacts implements ArtifactOpener {
  readonly #settings: ArtifactSettings;
  readonly #trust: Trust;
  readonly #slots: DownloadSlots;
  /** The buckets and containers in use, each opened once, by the part of their URIs before the keys. */
  readonly #stores = new Map<string, SharedStore>();

  constructor(settings: ArtifactSettings) {
    this.#settings = settings;
    this.#trust = settings.trust ?? trustOf(settings);
    this.#slots = new DownloadSlots(settings.concurrency);
  }

  at(runId: string, artifactUri: string | undefined): ArtifactRepository {
    const { server } = this.#settings;
    if (artifactUri === undefined || artifactUri.trim() === '') return server?.at(runId, artifactUri) ?? NO_ARTIFACTS;
    const scheme = uriScheme(artifactUri) ?? '';
    const open = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
    return open?.(this, runId, artifactUri) ?? this.#throughServer(runId, artifactUri);
  }

  async close(): Promise<void> {
    const stores = [...this.#stores.values()];
    this.#stores.clear();
    await Promise.all(stores.map((store) => store.close()));
    await this.#settings.server?.close();
  }

  local(runId: string, uri: string): ArtifactRepository {
    const { root, server, serverIsHere = false, artifactsDestination } = this.#settings;
    const destination = artifactsDestination === undefined ? undefined : directoriesOf(artifactsDestination)[0];
    return localArtifacts(runId, uri, {
      ...(root !== undefined && { root }),
      ...(server !== undefined && { server }),
      serverIsHere,
      trust: this.#trust,
      ...(destination !== undefined && { destination }),
    });
  }

  s3(runId: string, uri: string, location: S3Location | undefined): ArtifactRepository {
    if (location === undefined) return notUnderstood(uri);
    const open = () => openS3(location, this.#settings.concurrency, process.env);
    return this.#objects(runId, uri, { ...location, advice: S3_ADVICE, store: this.#store(location.base, open) });
  }

  gcs(runId: string, uri: string): ArtifactRepository {
    const location = gcsLocation(uri);
    if (location === undefined) return notUnderstood(uri);
    const open = () => openGcs(location.bucket, process.env);
    return this.#objects(runId, uri, {
      ...location,
      advice: GCS_ADVICE,
      store: this.#store(location.base, open),
    });
  }

  azure(runId: string, uri: string): ArtifactRepository {
    const location = azureLocation(uri);
    if (location === undefined) return notUnderstood(uri);
    const open = () => openAzure(location, process.env);
    return this.#objects(runId, uri, {
      ...location,
      advice: AZURE_ADVICE,
      store: this.#store(location.base, open),
    });
  }

  /** Files behind a tracking server: read from the place that the user named for them, otherwise through the server. */
  proxied(runId: string, uri: string): ArtifactRepository {
    const { artifactsDestination: destination } = this.#settings;
    const path = proxiedPath(uri);
    if (destination === undefined || path === undefined) return this.#throughServer(runId, uri);
    const scheme = uriScheme(destination) ?? '';
    if (DESTINATIONS.has(scheme)) return this.at(runId, `${withoutTrailing(destination, '/')}/${path}`);
    return belowDirectory(destination, path, displayedUri(uri), (own) => this.#filesIn(own, runId));
  }

  /** A directory below the destination, which may be a link to another place. */
  #filesIn(directory: string, runId: string): ArtifactRepository {
    const { locations, links } = this.#trust;
    if (!locations.followsDirectory(directory, runId)) return refusedArtifacts(directory, notFollowedReason(directory));
    return new DirectoryArtifacts(directory, links.within(directory));
  }

  #throughServer(runId: string, uri: string): ArtifactRepository {
    const { server } = this.#settings;
    if (server !== undefined) return server.at(runId, uri);
    const detail = onlyThroughServer(uriScheme(uri) ?? '', proxiedPath(uri));
    return unreachableArtifacts(displayedUri(uri), detail, 'no-access');
  }

  #objects(runId: string, uri: string, place: ObjectPlace): ArtifactRepository {
    const server = this.#settings.server?.at(runId, uri);
    if (this.#trust.locations.followsObjects(place, runId))
      return new ObjectArtifacts({ ...place, retrying: this.#settings.retrying }, this.#slots, server);
    return refusedArtifacts(uri, notFollowedReason(`${place.base}${place.path}`), server);
  }

  #store(base: string, open: () => Promise<ObjectStore>): SharedStore {
    const store = this.#stores.get(base) ?? new SharedStore(open);
    this.#stores.set(base, store);
    return store;
  }
}

/**
 * A server creates the directory of an experiment with its first file. If even that is missing, either the experiment has no
 * files or the destination is wrong: that cannot be told apart, so it is reported.
 */
function belowDirectory(
  destination: string,
  path: string,
  uri: string,
  filesIn: (directory: string) => ArtifactRepository,
): ArtifactRepository {
  const directory = directoriesOf(destination).find(isDirectory);
  if (directory === undefined) {
    const named = displayedUri(destination);
    return unreachableArtifacts(uri, `The artifacts destination ${named} is no directory of this machine.`, 'missing');
  }
  const names = path.split('/');
  const own = join(directory, ...names);
  if (isDirectory(own)) return filesIn(own);
  const experiment = join(directory, names[0] ?? '');
  if (isDirectory(experiment)) return NO_ARTIFACTS;
  return unreachableArtifacts(
    uri,
    `Of its experiment nothing lies in the artifacts destination: there is no ${experiment}.`,
    'missing',
  );
}

/** The paths that a directory given by the user may stand for; none for a URI with another scheme. */
function directoriesOf(destination: string): string[] {
  const target = uriTarget(destination);
  return target.kind === 'local' ? target.paths.map((path) => resolve(path)) : [];
}

function notUnderstood(uri: string): ArtifactRepository {
  const clean = displayedUri(uri);
  return unreachableArtifacts(clean, 'The artifact location is none that MLflow has for this scheme.', 'failed');
}

function onlyThroughServer(scheme: string, proxied: string | undefined): string {
  const files = `Files at ${scheme}: locations`;
  if (proxied === undefined) return `${files} are read through a tracking server: give its URL as the tracking URI.`;
  return `${files} lie behind a tracking server: give its URL as the tracking URI, or --artifacts-destination, which is where it keeps them.`;
}
