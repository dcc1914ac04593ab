import { compareBytes } from './bytes.js';
import type { EntryCursor } from './entry-cursor.js';

/** An entry that is in memory: one of a write-ahead log. */
export interface MemoryEntry {
  readonly key: Uint8Array;
  readonly sequence: number;
  readonly type: number;
  readonly value: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** Sorts entries as {@link MemoryCursor} needs them. */
export function sortEntries(entries: MemoryEntry[]): void {
  entries.sort((a, b) => Buffer.compare(a.key, b.key) || b.sequence - a.sequence);
}

/** Walks sorted entries. */
export class MemoryCursor implements EntryCursor {
  valid = false;
  key = EMPTY;
  userLength = 0;
  readonly shared = 0;
  repeats = false;
  sequence = 0;
  type = 0;
  value = EMPTY;
  readonly valueStart = 0;
  valueEnd = 0;
  private position = 0;

  constructor(private readonly entries: readonly MemoryEntry[]) {}

  seek(target: Uint8Array): void {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare(this.entries[middle]!.key, target) < 0) low = middle + 1;
      else high = middle;
    }
    this.userLength = -1;
    this.show(low);
  }

  next(): void {
    this.show(this.position + 1);
  }

  private show(position: number): void {
    this.position = position;
    const entry = this.entries[position];
    this.valid = entry !== undefined;
    if (entry === undefined) return;
    this.repeats =
      this.userLength === entry.key.length &&
      compareBytes(this.key, this.userLength, entry.key, entry.key.length) === 0;
    this.key = entry.key as Uint8Array<ArrayBuffer>;
    this.userLength = entry.key.length;
    this.sequence = entry.sequence;
    this.type = entry.type;
    this.value = entry.value as Uint8Array<ArrayBuffer>;
    this.valueEnd = entry.value.length;
  }
}
