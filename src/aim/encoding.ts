import { type Key, utf8Key } from '../rocksdb/bytes.js';
import type { AimKey } from './value.js';

/**
 * Aim's encoding of paths and values (docs/aim-repo-format.md §3). A path is the concatenation of its elements, each
 * closed by FE, a byte that UTF-8 never uses; an int64 is FE and 8 bytes big-endian, then the closing FE.
 */
export const SENTINEL = '\xfe';

/** Every blob is stored under this prefix, followed by the path that refers to it. */
export const BLOB_PREFIX: Key = `BLOBS${SENTINEL}`;

/** Replaces an empty path element, which Aim cannot encode (docs/mapping.md). */
const EMPTY_KEY = '(empty)';

export function encodePath(...elements: readonly AimKey[]): Key {
  let path = '';
  for (const element of elements) path += typeof element === 'string' ? stringElement(element) : intElement(element);
  return path;
}

function stringElement(text: string): Key {
  return utf8Key(text === '' ? EMPTY_KEY : text) + SENTINEL;
}

function intElement(value: bigint): Key {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return SENTINEL + bytes.toString('latin1') + SENTINEL;
}

/** The first byte of each value. */
export const TYPE = { none: 0, bool: 1, int: 2, float: 3, string: 4, bytes: 5, array: 6, dict: 7, object: 15 } as const;

export const NONE = Buffer.from([TYPE.none]);
/** Marks a list; its elements are stored under 0, 1, 2 … */
export const ARRAY = Buffer.from([TYPE.array]);
/** Marks an empty dict; a dict with entries has no record of its own. */
export const EMPTY_DICT = Buffer.from([TYPE.dict]);
/** A reference to a blob, which is stored under {@link BLOB_PREFIX}. */
export const BLOB_SENTINEL = Buffer.alloc(0);
export const TRUE = Buffer.from([TYPE.bool, 1]);
export const FALSE = Buffer.from([TYPE.bool, 0]);

/** The type byte in front of every value; the 8 bytes of a number follow it, little-endian. */
export const TYPE_SIZE = 1;

export function encodeInt(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = TYPE.int;
  bytes.writeBigInt64LE(value, 1);
  return bytes;
}

export function encodeFloat(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = TYPE.float;
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

export function encodeString(text: string): Buffer {
  return Buffer.from(`\x04${text}`, 'utf8');
}

export function encodeBytes(data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(data.length + 1);
  bytes[0] = TYPE.bytes;
  bytes.set(data, 1);
  return bytes;
}

/** A string that is already encoded as UTF-8. */
export function encodeUtf8(data: Uint8Array): Buffer {
  const bytes = encodeBytes(data);
  bytes[0] = TYPE.string;
  return bytes;
}

export function encodeObjectType(name: string): Buffer {
  return Buffer.from(`\x0f${name}`, 'utf8');
}
