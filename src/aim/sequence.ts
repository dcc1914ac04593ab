import type { Key } from '../rocksdb/bytes.js';
import { encodePath } from './encoding.js';
import { hashValue } from './hash.js';
import type { AimDict } from './value.js';

/** A sequence of a run: what Aim tracks under one name in one context. */
export interface SequenceId {
  readonly name: string;
  readonly context: AimDict;
  /** The hash of the context. */
  readonly contextId: bigint;
  /** Context and name as part of a key: sequences are stored in this order. */
  readonly key: Key;
}

const contextIds = new WeakMap<AimDict, bigint>();

export function sequenceId(name: string, context: AimDict): SequenceId {
  let contextId = contextIds.get(context);
  if (contextId === undefined) {
    contextId = hashValue(context);
    contextIds.set(context, contextId);
  }
  return { name, context, contextId, key: encodePath(contextId, name) };
}
