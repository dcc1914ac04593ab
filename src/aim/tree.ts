import type { Key } from '../rocksdb/bytes.js';
import {
  ARRAY,
  BLOB_PREFIX,
  BLOB_SENTINEL,
  EMPTY_DICT,
  encodeBytes,
  encodeFloat,
  encodeInt,
  encodeObjectType,
  encodePath,
  encodeString,
  FALSE,
  NONE,
  TRUE,
} from './encoding.js';
import { AimBlob, AimObject, type AimValue } from './value.js';

/** Receives the records of a tree, in no particular order. */
export type PutRecord = (key: Key, value: Uint8Array) => void;

/** Takes a value apart into records at and below `path` (docs/aim-repo-format.md §3.3). */
export function putTree(path: Key, value: AimValue, put: PutRecord): void {
  if (value === null) put(path, NONE);
  else if (typeof value === 'boolean') put(path, value ? TRUE : FALSE);
  else if (typeof value === 'bigint') put(path, encodeInt(value));
  else if (typeof value === 'number') put(path, encodeFloat(value));
  else if (typeof value === 'string') put(path, encodeString(value));
  else if (value instanceof Uint8Array) put(path, encodeBytes(value));
  else if (value instanceof AimBlob) putBlob(path, value, put);
  else if (value instanceof AimObject) putObject(path, value, put);
  else if (value instanceof Map) putDict(path, value, put);
  else putArray(path, value as readonly AimValue[], put);
}

function putArray(path: Key, items: readonly AimValue[], put: PutRecord): void {
  put(path, ARRAY);
  for (const [i, item] of items.entries()) putTree(path + encodePath(BigInt(i)), item, put);
}

function putDict(path: Key, dict: ReadonlyMap<string | bigint, AimValue>, put: PutRecord): void {
  if (dict.size === 0) put(path, EMPTY_DICT);
  for (const [key, item] of dict) putTree(path + encodePath(key), item, put);
}

function putObject(path: Key, object: AimObject, put: PutRecord): void {
  put(path, encodeObjectType(object.typeName));
  for (const [field, item] of object.fields) putTree(path + encodePath(field), item, put);
}

function putBlob(path: Key, blob: AimBlob, put: PutRecord): void {
  put(path, BLOB_SENTINEL);
  put(BLOB_PREFIX + path, typeof blob.data === 'string' ? encodeString(blob.data) : encodeBytes(blob.data));
}
