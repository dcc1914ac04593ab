import { ConvertError } from '../errors.js';
import { DEFAULT_SOURCE, type SourceOptions } from '../options.js';
import { openArtifacts } from './artifacts/open-artifacts.js';
import type { StoreListener, TrackingStore } from './common/tracking-store.js';
import { FileStore } from './file/file-store.js';
import { findFileStore } from './file/find-file-store.js';
import { HttpClient } from './http/http-client.js';
import { uriScheme } from './locations/file-uri.js';
import { openSqlStore } from './open-sql-store.js';
import { ServerArtifacts } from './rest/artifacts/server-artifacts.js';
import { RestStore } from './rest/rest-store.js';
import { isLoopback } from './trust/origins.js';
import { trustOf } from './trust/trust.js';
import { isBareAddress, unusableUri } from './unusable-uri.js';

export type OpenStoreOptions = Partial<StoreListener> & Partial<SourceOptions>;

type StoreFactory = (trackingUri: string, options: OpenStoreOptions) => TrackingStore;

const openFileStore: StoreFactory = (uri, options) => {
  const root = findFileStore(uri);
  const trust = trustOf(options, { stores: [root], idsAreNames: true });
  const remoteArtifacts = openArtifacts({ root, ...DEFAULT_SOURCE, ...options, trust });
  return new FileStore(root, { ...options, remoteArtifacts });
};

/** Artifacts are read directly from object stores and directories of this machine, if possible, to spare the server. */
const openRestStore: StoreFactory = (uri, options) => {
  const source = { ...DEFAULT_SOURCE, ...options };
  const client = new HttpClient(uri, source);
  const server = new ServerArtifacts(client);
  const serverIsHere = isLoopback(client.server.origin);
  return new RestStore(client, { artifacts: openArtifacts({ ...source, server, serverIsHere }) });
};

/** Opens tracking URIs, by their scheme without `+driver`; '' is a path. */
const STORES: Readonly<Record<string, StoreFactory>> = {
  '': openFileStore,
  file: openFileStore,
  http: openRestStore,
  https: openRestStore,
  sqlite: (uri, options) => openSqlStore(uri, 'sqlite', options),
  postgresql: (uri, options) => openSqlStore(uri, 'postgresql', options),
  mysql: (uri, options) => openSqlStore(uri, 'mysql', options),
};

/** For MLflow, these words mean servers, though they look like paths. */
const SERVER_WORDS: ReadonlySet<string> = new Set(['databricks', 'databricks-uc', 'uc']);

/**
 * Opens the source that a tracking URI names: a path, a `file:` URI, or the URI of a server or database. Throws a `fatal` {@link ConvertError}
 * whose hint says what to use instead, and which never quotes a password.
 */
export function openStore(trackingUri: string, options: OpenStoreOptions = {}): TrackingStore {
  if (trackingUri.trim() === '') {
    throw new ConvertError('fatal', 'invalid-argument', 'No tracking URI was given.', {
      hint: 'Give the path of an mlruns directory.',
    });
  }
  const scheme = SERVER_WORDS.has(trackingUri) ? trackingUri : (uriScheme(trackingUri) ?? '');
  const dialect = scheme.split('+', 1)[0] ?? '';
  const open = Object.hasOwn(STORES, dialect) && !isBareAddress(trackingUri) ? STORES[dialect] : undefined;
  if (open === undefined) throw unusableUri(trackingUri, scheme);
  return open(trackingUri, options);
}
