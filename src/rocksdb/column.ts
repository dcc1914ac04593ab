import type { Key } from './bytes.js';

/** Many entries of the same form, in ascending order of key: a prefix, an id of 8 bytes, a suffix. */
export interface Column {
  readonly prefix: Key;
  readonly suffix: Key;
  /** The ids as two words for each entry, in the byte order of memory (little-endian). */
  readonly ids: Uint32Array;
  /** The common part of all values; {@link putValues} writes the rest over it. */
  readonly value: Uint8Array;
  /** Writes the values of the entries `from` to `to`: the first at `offset`, each of the others `stride` bytes further. */
  readonly putValues: PutValues;
}

export type PutValues = (target: DataView, offset: number, stride: number, from: number, to: number) => void;

export const ID_SIZE = 8;

export function columnKey({ prefix, suffix, ids }: Column, i: number): Key {
  return prefix + wordKey(ids[i * 2]!) + wordKey(ids[i * 2 + 1]!) + suffix;
}

function wordKey(word: number): Key {
  return String.fromCharCode(word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24);
}

/** Writes the ids of the entries `from` to `to` as {@link PutValues} writes values. */
export function putIds(
  target: DataView,
  offset: number,
  stride: number,
  ids: Uint32Array,
  from: number,
  to: number,
): void {
  for (let i = from, at = offset; i < to; i++, at += stride) {
    target.setUint32(at, ids[i * 2]!, true);
    target.setUint32(at + 4, ids[i * 2 + 1]!, true);
  }
}
