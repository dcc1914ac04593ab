import { isUtf8 } from 'node:buffer';
import type { Value } from '../contents.js';

/** First bytes of a record's value (docs/aim-repo-format.md §3.2). */
export const RecordType = {
  none: 0x00,
  bool: 0x01,
  int: 0x02,
  float: 0x03,
  string: 0x04,
  bytes: 0x05,
  list: 0x06,
  dict: 0x07,
  object: 0x0f,
} as const;

/** What a single record says: a value, or what kind of tree begins there. */
export type RecordContent =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'list' | 'dict' | 'blob' | 'malformed' }
  | { readonly kind: 'object'; readonly name: string };

const LIST: RecordContent = { kind: 'list' };
const DICT: RecordContent = { kind: 'dict' };
const BLOB: RecordContent = { kind: 'blob' };
const MALFORMED: RecordContent = { kind: 'malformed' };
const NONE: RecordContent = { kind: 'value', value: { type: 'none' } };

/** Decodes a record; bytes are copied. */
export function decodeRecord(record: Uint8Array): RecordContent {
  if (record.length === 0) return BLOB;
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const size = bytes.length - 1;
  switch (bytes[0]) {
    case RecordType.none:
      return size === 0 ? NONE : MALFORMED;
    case RecordType.bool:
      return size === 1 && bytes[1]! <= 1 ? aValue({ type: 'bool', value: bytes[1] === 1 }) : MALFORMED;
    case RecordType.int:
      return size === 8 ? aValue({ type: 'int', value: bytes.readBigInt64LE(1) }) : MALFORMED;
    case RecordType.float:
      if (size !== 8) return MALFORMED;
      return aValue({ type: 'float', value: bytes.readDoubleLE(1), bits: bytes.readBigUInt64LE(1) });
    case RecordType.string: {
      const text = bytes.subarray(1);
      return isUtf8(text) ? aValue({ type: 'string', value: text.toString() }) : MALFORMED;
    }
    case RecordType.bytes:
      return aValue({ type: 'bytes', value: Uint8Array.prototype.slice.call(bytes, 1) });
    case RecordType.list:
      return size === 0 ? LIST : MALFORMED;
    case RecordType.dict:
      return size === 0 ? DICT : MALFORMED;
    case RecordType.object: {
      const name = bytes.subarray(1);
      return size > 0 && isUtf8(name) ? { kind: 'object', name: name.toString() } : MALFORMED;
    }
    default:
      return MALFORMED;
  }
}

function aValue(value: Value): RecordContent {
  return { kind: 'value', value };
}
