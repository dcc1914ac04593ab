import type { Readable } from 'node:stream';
import type { Retry } from '../../events.js';
import type { SharedStore } from './shared-store.js';

/** An object as its store lists it. */
export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Changes when the object is replaced, if the listing tells. */
  readonly version?: string;
}

/** An object from some byte on, as it arrives. */
export interface ObjectPart {
  /** The offset of the first byte of `body`: the requested one, or 0 if the store ignores ranges. */
  readonly start: number;
  /** The size of the whole object in bytes, if the store tells. */
  readonly total?: number;
  /** Identifies this version of the object; see {@link ObjectStore.read}. */
  readonly version?: string;
  readonly body: Readable;
}

/**
 * The operations of an object store: one bucket of S3 or GCS, one container of Azure. Rejects with the errors of its client;
 * {@link storeError} makes sentences of them.
 */
export interface ObjectStore {
  /** All objects whose keys begin with `prefix`, page by page to the end, without directories and their markers. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<readonly StoredObject[]>;

  /**
   * An object from byte `from` on. With a `version`, only that version: rejects with status 412 (GCS: 404) if it has been
   * replaced.
   */
  read(key: string, from: number, version: string | undefined, signal: AbortSignal): Promise<ObjectPart>;

  /** Releases connections. */
  close(): void;
}

/** A store, and how messages refer to it. */
export interface ObjectPlace {
  readonly store: SharedStore;
  /** The part of URIs before a key, as messages show it: `s3://bucket/`. Contains no credentials. */
  readonly base: string;
  /** The path below which the files of a run are stored; '' for the whole bucket. */
  readonly path: string;
  /** What to do when access is refused: a sentence. */
  readonly advice: string;
  /** Hears of downloads that are about to be tried again. */
  readonly retrying?: ((retry: Retry) => void) | undefined;
}
