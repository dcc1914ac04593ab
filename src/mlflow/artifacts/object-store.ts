import type { Readable } from 'node:stream';
import type { SharedStore } from './shared-store.js';

/** An object as its store lists it. */
export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Changes when the object is replaced, where the listing tells. */
  readonly version?: string;
}

/** An object from some byte on, as it arrives. */
export interface ObjectPart {
  /** The offset of the first byte of `body`: the one that was asked for, or 0 where the store ignores ranges. */
  readonly start: number;
  /** The size of the whole object in bytes, where the store tells. */
  readonly total?: number;
  /** What names this version of the object; see {@link ObjectStore.read}. */
  readonly version?: string;
  readonly body: Readable;
}

/**
 * What each object store can do: one bucket of S3 or GCS, one container of Azure. Rejects with whatever its client
 * throws; {@link storeError} makes a sentence of that.
 */
export interface ObjectStore {
  /** All objects whose keys begin with `prefix`, page by page to the end. Neither directories nor their markers. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<readonly StoredObject[]>;

  /**
   * An object from byte `from` on. With a `version`, only that version: rejects with status 412 when there is another
   * by now (404 for GCS).
   */
  read(key: string, from: number, version: string | undefined, signal: AbortSignal): Promise<ObjectPart>;

  /** Gives back connections. */
  close(): void;
}

/** A store and what a person should be told of it. */
export interface ObjectPlace {
  readonly store: SharedStore;
  /** What stands before a key in the URIs that people see: `s3://bucket/`. Holds no credential. */
  readonly base: string;
  /** The path below which the files of a run lie; '' for the whole bucket. */
  readonly path: string;
  /** What to do when access is refused: a sentence. */
  readonly advice: string;
}
