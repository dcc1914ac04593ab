import { isAbsolute, resolve } from 'node:path';
import { uriScheme } from '../mlflow/file/file-uri.js';
import type { TrackingStore } from '../mlflow/tracking-store.js';

/** How changes of a source can be learned. */
export type SourceKind =
  /** A file store; `root` is absolute. */
  | { readonly type: 'directory'; readonly root: string }
  /** A SQLite database; `file` is absolute. */
  | { readonly type: 'file'; readonly file: string }
  /** A server: it has to be asked. */
  | { readonly type: 'remote' };

/** @param trackingUri as the user gave it */
export function sourceKind(trackingUri: string, store: Pick<TrackingStore, 'uri'>): SourceKind {
  const scheme = uriScheme(trackingUri)?.split('+', 1)[0] ?? '';
  if (scheme === 'sqlite') {
    // sqlite:///relative.db, sqlite:////absolute.db, as SQLAlchemy writes them
    const path = trackingUri.replace(/^[^:]*:(\/\/\/)?/, '').replace(/\?.*$/s, '');
    return path === '' || path === ':memory:' ? { type: 'remote' } : { type: 'file', file: resolve(path) };
  }
  if ((scheme === '' || scheme === 'file') && isAbsolute(store.uri)) return { type: 'directory', root: store.uri };
  return { type: 'remote' };
}
