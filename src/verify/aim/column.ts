import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import { INTEGER_ELEMENT } from './keys.js';
import { RecordType } from './records.js';

const END = 0xfe;

/** Elements of one of a sequence's arrays (`step`, `val` …), which Aim keeps as one record each, in order of their keys. */
export class Column {
  /** The keys, two words each, the high one first: hashes of steps, or steps. Compared without sign they are in order. */
  readonly keys: Uint32Array;
  /** The eight bytes of each int or float. */
  readonly data: Float64Array;
  readonly words: Int32Array;
  readonly integers: BigInt64Array;
  /** The type of each record. */
  readonly types: Uint8Array;
  length = 0;
  /** No more elements follow. */
  ended = false;
  private readonly bytes: Uint8Array;

  constructor(readonly capacity: number) {
    this.keys = new Uint32Array(capacity * 2);
    this.data = new Float64Array(capacity);
    this.words = new Int32Array(this.data.buffer);
    this.integers = new BigInt64Array(this.data.buffer);
    this.bytes = new Uint8Array(this.data.buffer);
    this.types = new Uint8Array(capacity);
  }

  clear(): void {
    this.length = 0;
    this.ended = false;
  }

  /** Forgets the first `count` elements. */
  drop(count: number): void {
    this.keys.copyWithin(0, count * 2, this.length * 2);
    this.integers.copyWithin(0, count, this.length);
    this.types.copyWithin(0, count, this.length);
    this.length -= count;
  }

  /** Moves an element to another place. */
  move(from: number, to: number): void {
    if (from === to) return;
    this.keys.copyWithin(to * 2, from * 2, from * 2 + 2);
    this.integers.copyWithin(to, from, from + 1);
    this.types[to] = this.types[from]!;
  }

  /**
   * Takes elements of the array whose key is `prefix` until it ends or this is full. What lies there and is no number or
   * None goes to `onOther`, while the cursor shows it.
   */
  fill(cursor: DatabaseCursor, prefix: Uint8Array, onOther: () => void): void {
    const length = prefix.length + INTEGER_ELEMENT;
    let known = 0;
    while (this.length < this.capacity) {
      if (!cursor.valid || !cursor.startsWith(prefix, known)) {
        this.ended = true;
        return;
      }
      if (cursor.keyLength !== length || !this.take(cursor, prefix.length)) onOther();
      cursor.next();
      known = Math.min(cursor.shared, prefix.length);
    }
  }

  private take({ key, value, valueStart, valueEnd }: DatabaseCursor, at: number): boolean {
    const type = value[valueStart];
    const size = valueEnd - valueStart;
    if (key[at] !== END || key[at + INTEGER_ELEMENT - 1] !== END) return false;
    const i = this.length;
    if (size === 9 && (type === RecordType.float || type === RecordType.int)) {
      const { bytes } = this;
      for (let to = i * 8, from = valueStart + 1; from < valueEnd; to++, from++) bytes[to] = value[from]!;
    } else if (size === 1 && type === RecordType.none) this.integers[i] = 0n;
    else return false;
    this.types[i] = type;
    this.keys[i * 2] = (key[at + 1]! << 24) | (key[at + 2]! << 16) | (key[at + 3]! << 8) | key[at + 4]!;
    this.keys[i * 2 + 1] = (key[at + 5]! << 24) | (key[at + 6]! << 16) | (key[at + 7]! << 8) | key[at + 8]!;
    this.length = i + 1;
    return true;
  }
}

/** Whether the `i`th key of one column comes before (negative), with (0) or behind the `j`th of another. */
export function compareKeys(a: Column, i: number, b: Column, j: number): number {
  return a.keys[i * 2]! - b.keys[j * 2]! || a.keys[i * 2 + 1]! - b.keys[j * 2 + 1]!;
}
