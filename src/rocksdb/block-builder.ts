import type { BlockCursor } from './block-cursor.js';
import { copyBytes, type Key, putVarint } from './bytes.js';
import { type Column, columnKey, ID_SIZE, putIds } from './column.js';

/** RocksDB's defaults are 16 entries between restarts in data blocks and 1 in index blocks. */
export const DATA_RESTART_INTERVAL = 16;

/** Follows each block: it is not compressed. */
export const COMPRESSION_TYPE = Buffer.from([0]);

/** Varints of the three lengths before an entry, at most 5 bytes each, plus some reserve. */
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
    let at = this.putLengths(shared, key.length - shared, value.length);
    for (let i = shared; i < key.length; i++) buffer[at++] = key.charCodeAt(i);
    this.length = copyBytes(value, 0, value.length, buffer, at);
    this.lastKey = key;
  }

  /**
   * Adds the current entry of a cursor, with another trailer after the user's key. The entry added before must be the
   * previous one of the cursor's block, unless this block is empty.
   */
  copy(cursor: BlockCursor, trailer: Uint8Array): void {
    const { block, key, userKeyLength, valueStart, valueEnd, valueLength } = cursor;
    this.reserve(MAX_ENTRY_HEADER + userKeyLength + trailer.length + valueLength);
    const shared = this.beginEntry() ? 0 : cursor.sharedUserKey;
    const { buffer } = this;
    let at = this.putLengths(shared, userKeyLength - shared + trailer.length, valueLength);
    at = copyBytes(key, shared, userKeyLength, buffer, at);
    at = copyBytes(trailer, 0, trailer.length, buffer, at);
    this.length = copyBytes(block, valueStart, valueEnd, buffer, at);
    this.lastKey = ''; // the next entry shares nothing; the alternative is a string for each key
  }

  /**
   * Adds entries `from` to `to` of a column until the block holds `limit` bytes; returns the first one not added. The same
   * as {@link add} for each of them, but without an object for each key and value: between two restarts the entries of a
   * column differ only in id and value.
   */
  addColumn(column: Column, from: number, to: number, limit: number): number {
    const { prefix, suffix, value } = column;
    const keyLength = prefix.length + ID_SIZE + suffix.length;
    this.reserve(limit + (MAX_ENTRY_HEADER + keyLength + value.length) * 2);
    let next = from;
    while (next < to && this.length < limit) {
      const inFull = this.beginEntry() || next === from;
      const stride = this.putEntry(column, inFull ? 0 : prefix.length);
      let count = 1;
      if (!inFull) {
        const room = Math.ceil((limit - this.length) / stride);
        count = Math.min(to - next, room, this.restartInterval - this.sinceRestart + 1);
        this.sinceRestart += count - 1;
        this.repeat(stride, count);
      }
      const atId = this.length + stride - ID_SIZE - suffix.length - value.length;
      putIds(this.view, atId, stride, column.ids, next, next + count);
      column.putValues(this.view, atId + ID_SIZE + suffix.length, stride, next, next + count);
      this.length += stride * count;
      next += count;
    }
    if (next > from) this.lastKey = columnKey(column, next - 1);
    return next;
  }

  /** Appends an entry of a column without its id; returns its length. */
  private putEntry({ prefix, suffix, value }: Column, shared: number): number {
    const { buffer } = this;
    let at = this.putLengths(shared, prefix.length - shared + ID_SIZE + suffix.length, value.length);
    for (let i = shared; i < prefix.length; i++) buffer[at++] = prefix.charCodeAt(i);
    at += ID_SIZE;
    for (let i = 0; i < suffix.length; i++) buffer[at++] = suffix.charCodeAt(i);
    return copyBytes(value, 0, value.length, buffer, at) - this.length;
  }

  /** Multiplies an appended entry to `count` of them, in pieces that double. */
  private repeat(stride: number, count: number): void {
    const start = this.length;
    const end = start + stride * count;
    for (let done = start + stride; done < end; done += done - start) {
      this.buffer.copyWithin(done, start, Math.min(done, start + end - done));
    }
  }

  /**
   * The finished block followed by {@link COMPRESSION_TYPE}; its checksum covers both. Valid until the next entry is added,
   * which starts a new block.
   */
  finish(): Buffer {
    if (this.restarts.length === 0) this.restarts.push(0);
    this.reserve(this.restarts.length * 4 + 4 + COMPRESSION_TYPE.length);
    let at = this.length;
    for (const restart of this.restarts) at = this.buffer.writeUInt32LE(restart, at);
    at = this.buffer.writeUInt32LE(this.restarts.length, at);
    at = copyBytes(COMPRESSION_TYPE, 0, COMPRESSION_TYPE.length, this.buffer, at);
    this.length = 0;
    this.restarts = [];
    this.sinceRestart = 0;
    this.lastKey = '';
    return this.buffer.subarray(0, at);
  }

  /**
   * Appends the start of an entry: the shared and unshared lengths of its key, and the length of its value. Returns the
   * position after it.
   */
  private putLengths(shared: number, unshared: number, value: number): number {
    const { buffer } = this;
    return putVarint(buffer, putVarint(buffer, putVarint(buffer, this.length, shared), unshared), value);
  }

  /** Whether the next entry starts a new restart interval, so that its key must be written in full. */
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

function sharedLength(a: Key, b: Key): number {
  const limit = Math.min(a.length, b.length);
  let i = 0;
  while (i < limit && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}
