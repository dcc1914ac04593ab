import { compareBytes, EntryType } from './bytes.js';
import { unsupported } from './damage.js';
import type { EntryCursor } from './entry-cursor.js';
import type { RangeTombstones } from './range-tombstones.js';

/**
 * Walks the live records of a database in order of their keys: all sources merged, the newest of each key, without what is
 * deleted. Everything it shows is valid until it moves.
 */
export class DatabaseCursor {
  /** False behind the last record, and before the first `seek`. */
  valid = false;
  /** The key is the first `keyLength` bytes. */
  key: Uint8Array = new Uint8Array(0);
  keyLength = 0;
  /** At least so many bytes of the key are those of the record before; 0 right after a `seek`. */
  shared = 0;
  /** The value is what lies from `valueStart` to `valueEnd`. */
  value: Uint8Array = new Uint8Array(0);
  valueStart = 0;
  valueEnd = 0;

  /** Those that are valid, the one with the lowest key and newest entry first. */
  private sources: EntryCursor[] = [];
  private last: Uint8Array = new Uint8Array(256);
  /** Of `last`; −1 when nothing was seen since `seek`. */
  private lastLength = -1;

  constructor(
    private readonly all: readonly EntryCursor[],
    private readonly tombstones: RangeTombstones,
    /** What messages call the database. */
    private readonly label: string,
  ) {}

  /** Goes to the first record whose key is not below `target`. */
  seek(target: Uint8Array): void {
    for (const source of this.all) source.seek(target);
    this.sources = this.all.filter(({ valid }) => valid).sort(compareEntries);
    this.lastLength = -1;
    this.settle();
    this.shared = 0;
  }

  next(): void {
    if (this.sources.length === 1) this.nextOfOne(this.sources[0]!);
    else if (this.sources.length > 1) {
      this.advance();
      this.settle();
    }
  }

  /** A copy of the value. */
  copyValue(): Uint8Array {
    // not `slice`, which gives a view where the block is a Buffer
    return new Uint8Array(this.value.subarray(this.valueStart, this.valueEnd));
  }

  /** A copy of the key. */
  copyKey(): Uint8Array {
    return new Uint8Array(this.key.subarray(0, this.keyLength));
  }

  /** Whether the key begins with `prefix`, of which `known` bytes are known to agree. */
  startsWith(prefix: Uint8Array, known = 0): boolean {
    if (this.keyLength < prefix.length) return false;
    for (let i = known; i < prefix.length; i++) if (this.key[i] !== prefix[i]) return false;
    return true;
  }

  compare(key: Uint8Array): number {
    return compareBytes(this.key, this.keyLength, key, key.length);
  }

  /** Most databases of Aim's are one table: nothing is to be merged, and keys need not be kept. */
  private nextOfOne(source: EntryCursor): void {
    let shared = Number.MAX_SAFE_INTEGER;
    for (;;) {
      source.next();
      if (!source.valid) {
        this.end();
        return;
      }
      if (source.shared < shared) shared = source.shared;
      if (!source.repeats && this.isLive(source)) break;
    }
    this.show(source);
    this.shared = shared;
  }

  /** From the entry at the head on, finds one that is the newest of its key and not deleted. */
  private settle(): void {
    for (let head = this.sources[0]; head !== undefined; head = this.sources[0]) {
      if (!this.isLast(head)) {
        this.remember(head);
        if (this.isLive(head)) {
          this.show(head);
          this.shared = 0;
          return;
        }
      }
      this.advance();
    }
    this.end();
  }

  private isLive({ type, key, userLength, sequence }: EntryCursor): boolean {
    if (type === EntryType.deletion || type === EntryType.singleDeletion) return false;
    if (type !== EntryType.value) throw unsupported(this.label, `has an entry of the unknown type ${type}`);
    return this.tombstones.isEmpty || !this.tombstones.covers(key, userLength, sequence);
  }

  private advance(): void {
    const { sources } = this;
    const head = sources[0]!;
    head.next();
    if (!head.valid) {
      sources.shift();
      return;
    }
    let at = 0;
    for (; at + 1 < sources.length && compareEntries(head, sources[at + 1]!) > 0; at++) sources[at] = sources[at + 1]!;
    sources[at] = head;
  }

  private isLast({ key, userLength }: EntryCursor): boolean {
    return userLength === this.lastLength && compareBytes(key, userLength, this.last, userLength) === 0;
  }

  private remember({ key, userLength }: EntryCursor): void {
    if (userLength > this.last.length) this.last = new Uint8Array(userLength * 2);
    this.last.set(key.subarray(0, userLength));
    this.lastLength = userLength;
  }

  private show(source: EntryCursor): void {
    this.valid = true;
    this.key = source.key;
    this.keyLength = source.userLength;
    this.value = source.value;
    this.valueStart = source.valueStart;
    this.valueEnd = source.valueEnd;
  }

  private end(): void {
    this.valid = false;
    this.keyLength = 0;
    this.shared = 0;
  }
}

function compareEntries(a: EntryCursor, b: EntryCursor): number {
  return compareBytes(a.key, a.userLength, b.key, b.userLength) || b.sequence - a.sequence;
}
