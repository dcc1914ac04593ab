import type { Key } from '../rocksdb/bytes.js';
import { encodePath } from './encoding.js';

/** Where data is stored in the tree of a run (docs/aim-repo-format.md §5). `context` is the id of a context. */

export const ATTRS: Key = encodePath('meta', 'attrs');

export const INDEX_CACHE: Key = encodePath('index_cache');

export const CHUNKS: Key = encodePath('meta', 'chunks');

export function runPath(hash: string): Key {
  return encodePath('meta', 'chunks', hash);
}

export function contextPath(context: bigint): Key {
  return encodePath('contexts', context);
}

export function tracePath(context: bigint, name: string): Key {
  return encodePath('traces', context, name);
}

/** The points of a metric: one column each for epoch, step, time and value, keyed by the hash of the step. */
export function pointsPath(hash: string, context: bigint, name: string): Key {
  return encodePath('seqs', 'v2', 'chunks', hash, context, name);
}

/** The records of an object sequence: one column each for epoch, time and value, keyed by the step itself. */
export function objectsPath(hash: string, context: bigint, name: string): Key {
  return encodePath('seqs', 'chunks', hash, context, name);
}
