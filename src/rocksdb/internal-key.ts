import type { Key } from './bytes.js';

/** The bytes of sequence number and type after a user's key; together they form an internal key. */
export const KEY_TRAILER = 8;

/** The type of an entry, the lowest byte of an internal key's trailer. */
export const DELETION = 0;
export const VALUE = 1;

/** What follows a user's key: `sequence << 8 | type`, little-endian. */
export function keyTrailer(sequence: number, type: number): Key {
  const bytes = Buffer.alloc(KEY_TRAILER);
  bytes.writeBigUInt64LE((BigInt(sequence) << 8n) | BigInt(type));
  return bytes.toString('latin1');
}
