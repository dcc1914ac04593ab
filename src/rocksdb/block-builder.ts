import { type Key, putVarint } from './bytes.js';

/** RocksDB's defaults are 16 entries between restarts in data blocks and 1 in index blocks. */
export const DATA_RESTART_INTERVAL = 16;

/** Varints of the three lengths in front of an entry, at most 5 bytes each, and room to spare. */
const MAX_ENTRY_HEADER = 16;

/**
 * Builds one block at a time: entries with shared prefixes, then the offsets of the restart points (uint32 LE), then
 * their number. The buffer is reused from block to block.
 */
export class BlockBuilder {
  private buffer: Buffer;
  private view: DataView;
  private length = 0;
  private restarts: number[] = [];
  private sinceRestart = 0;
  private lastKey: Key = '';

  constructor(
    capacity: number,
    private readonly restartInterval: number,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.buffer.buffer);
  }

  get isEmpty(): boolean {
    return this.restarts.length === 0;
  }

  /** Bytes so far, without the restart array. */
  get size(): number {
    return this.length;
  }

  /** Adds an entry; keys must come in ascending order. */
  add(key: Key, value: Uint8Array): void {
    this.reserve(MAX_ENTRY_HEADER + key.length + value.length);
    const shared = this.beginEntry() ? 0 : sharedLength(this.lastKey, key);
    const { buffer } = this;
    let at = this.length;
    at = putVarint(buffer, at, shared);
    at = putVarint(buffer, at, key.length - shared);
    at = putVarint(buffer, at, value.length);
    for (let i = shared; i < key.length; i++) buffer[at++] = key.charCodeAt(i);
    if (value.length < 32) {
      for (let i = 0; i < value.length; i++) buffer[at++] = value[i]!;
    } else {
      buffer.set(value, at);
      at += value.length;
    }
    this.length = at;
    this.lastKey = key;
  }

  /**
   * Adds entries `from` to `to` of a column until the block holds `limit` bytes; returns the first one not added. The
   * same as {@link add} for each of them, without making a key and a value object for each: all entries of a column
   * are of one length, and but for the restarts they have the same lengths in front.
   */
  addColumn(column: Column, from: number, to: number, limit: number): number {
    const { prefix, suffix, ids, width } = column;
    const keyLength = prefix.length + ID_SIZE + suffix.length;
    this.reserve(limit + (MAX_ENTRY_HEADER + keyLength + width) * 2);
    const { buffer, view } = this;
    const tail = Buffer.from(suffix, 'latin1');
    let at = this.length;
    let i = from;
    for (; i < to && at < limit; i++) {
      this.length = at;
      if (this.beginEntry() || i === from) {
        at = putVarint(buffer, at, 0);
        at = putVarint(buffer, at, keyLength);
        at = putVarint(buffer, at, width);
        for (let k = 0; k < prefix.length; k++) buffer[at++] = prefix.charCodeAt(k);
      } else {
        at = putVarint(buffer, at, prefix.length);
        at = putVarint(buffer, at, ID_SIZE + suffix.length);
        at = putVarint(buffer, at, width);
      }
      view.setUint32(at, ids[i * 2]!, true);
      view.setUint32(at + 4, ids[i * 2 + 1]!, true);
      at += ID_SIZE;
      for (let k = 0; k < tail.length; k++) buffer[at++] = tail[k]!;
      column.putValue(view, at, i);
      at += width;
    }
    this.length = at;
    if (i > from) this.lastKey = columnKey(column, i - 1);
    return i;
  }

  /** The finished block, valid until the next call of {@link add}; the builder starts anew. */
  finish(): Buffer {
    if (this.restarts.length === 0) this.restarts.push(0);
    this.reserve(this.restarts.length * 4 + 4);
    let at = this.length;
    for (const restart of this.restarts) at = this.buffer.writeUInt32LE(restart, at);
    at = this.buffer.writeUInt32LE(this.restarts.length, at);
    this.length = 0;
    this.restarts = [];
    this.sinceRestart = 0;
    this.lastKey = '';
    return this.buffer.subarray(0, at);
  }

  /** True if the entry that comes starts a new restart interval, so that its key must be written in full. */
  private beginEntry(): boolean {
    const restart = this.restarts.length === 0 || this.sinceRestart === this.restartInterval;
    if (restart) {
      this.restarts.push(this.length);
      this.sinceRestart = 0;
    }
    this.sinceRestart++;
    return restart;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Many entries of one shape, in ascending order of key: a prefix, an id of 8 bytes, a suffix. */
export interface Column {
  readonly prefix: Key;
  readonly suffix: Key;
  /** The ids' bytes, as two words for each entry, in the byte order of memory (little-endian). */
  readonly ids: Uint32Array;
  /** The length of every value. */
  readonly width: number;
  /** Writes the value of entry `i` at `offset`. */
  readonly putValue: (target: DataView, offset: number, i: number) => void;
}

const ID_SIZE = 8;

export function columnKey(column: Column, i: number): Key {
  const id = Buffer.from(column.ids.buffer, column.ids.byteOffset + i * ID_SIZE, ID_SIZE);
  return column.prefix + id.toString('latin1') + column.suffix;
}

function sharedLength(a: Key, b: Key): number {
  const limit = Math.min(a.length, b.length);
  let i = 0;
  while (i < limit && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}
