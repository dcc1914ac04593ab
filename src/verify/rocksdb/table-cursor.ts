import { compareBytes, KEY_TRAILER, MalformedBytesError, sequenceAt } from './bytes.js';
import type { EntryCursor } from './entry-cursor.js';
import { blockLimit } from './plain-block.js';
import type { Table } from './table.js';
import type { BlockHandle } from './table-file.js';

const EMPTY = new Uint8Array(0);

/**
 * Walks the entries of tables that follow each other: one of level 0, or all of another level. Holds one block. Throws
 * `damaged-file` where a checksum does not match, where keys are out of order, and where a table that was walked from its
 * beginning to its end has another number of entries than it says.
 */
export class TableCursor implements EntryCursor {
  valid = false;
  key: Uint8Array = new Uint8Array(256);
  userLength = 0;
  shared = 0;
  repeats = false;
  sequence = 0;
  type = 0;
  value: Uint8Array = EMPTY;
  valueStart = 0;
  valueEnd = 0;

  private tableAt = 0;
  private blockAt = 0;
  private position = 0;
  private limit = 0;
  private restarts = 0;
  private readBlock: ((handle: BlockHandle) => Uint8Array) | undefined;
  /** Entries of this table so far; NaN where it was not entered at its beginning. */
  private count = Number.NaN;

  constructor(private readonly tables: readonly Table[]) {}

  seek(target: Uint8Array): void {
    this.userLength = 0;
    this.shared = 0;
    this.valid = false;
    const { tables } = this;
    let at = 0;
    while (at < tables.length && isBelow(tables[at]!, target)) at++;
    if (at === tables.length) return;
    this.enterTable(at);
    const block = tables[at]!.index.find(target);
    this.count = block === 0 ? 0 : Number.NaN;
    if (!this.enterBlock(block)) {
      this.next();
      return;
    }
    this.inTable(() => this.skipRestarts(target));
    do this.next();
    while (this.valid && compareBytes(this.key, this.userLength, target, target.length) < 0);
  }

  next(): void {
    while (this.position >= this.limit) {
      if (this.enterBlock(this.blockAt + 1)) continue;
      this.finishTable();
      if (this.tableAt + 1 >= this.tables.length) {
        this.valid = false;
        return;
      }
      this.enterTable(this.tableAt + 1);
      this.count = 0;
      this.enterBlock(0);
    }
    this.readEntry();
    this.count++;
    this.valid = true;
  }

  private get table(): Table {
    return this.tables[this.tableAt]!;
  }

  private enterTable(at: number): void {
    if (this.readBlock === undefined || at !== this.tableAt) this.readBlock = this.tables[at]!.file.sequentialBlocks();
    this.tableAt = at;
    this.position = 0;
    this.limit = 0;
  }

  private enterBlock(at: number): boolean {
    const handle = this.table.index.blocks[at];
    this.blockAt = at;
    this.position = 0;
    this.limit = 0;
    if (handle === undefined) return false;
    this.value = this.readBlock!(handle);
    ({ limit: this.limit, restarts: this.restarts } = this.inTable(() => blockLimit(this.value)));
    return true;
  }

  private finishTable(): void {
    const { entries, rangeDeletions } = this.table.properties;
    if (Number.isNaN(this.count) || this.count === entries - rangeDeletions) return;
    this.fail(`it has ${this.count} entries, and says ${entries - rangeDeletions}`);
  }

  /** Goes to the last restart point whose key is below `target`. */
  private skipRestarts(target: Uint8Array): void {
    let [low, high] = [0, this.restarts - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      this.position = this.restartPoint(middle);
      this.readEntry();
      if (compareBytes(this.key, this.userLength, target, target.length) < 0) low = middle;
      else high = middle - 1;
      this.userLength = 0;
    }
    this.position = this.restarts > 0 ? this.restartPoint(low) : 0;
    this.userLength = 0;
    if (low > 0) this.count = Number.NaN;
  }

  private restartPoint(i: number): number {
    const { value: block } = this;
    const at = this.limit + i * 4;
    const point = (block[at]! | (block[at + 1]! << 8) | (block[at + 2]! << 16) | (block[at + 3]! << 24)) >>> 0;
    if (point >= this.limit) throw new MalformedBytesError('a restart point lies outside its block');
    return point;
  }

  private readEntry(): void {
    const { value: block } = this;
    let at = this.position;
    let shared = block[at++]!;
    let unshared = block[at++]!;
    let length = block[at++]!;
    if ((shared | unshared | length) >= 128) {
      this.at = this.position;
      shared = this.varint();
      unshared = this.varint();
      length = this.varint();
      at = this.at;
    }
    const end = at + unshared + length;
    const userLength = shared + unshared - KEY_TRAILER;
    if (end > this.limit || userLength < 0) this.fail(`an entry at byte ${this.position} of a block ends behind it`);
    this.takeKey(at, shared, unshared);
    this.valueStart = at + unshared;
    this.valueEnd = end;
    this.position = end;
  }

  /** Makes the new key of the one before and `unshared` bytes of the block at `from`, and checks their order. */
  private takeKey(from: number, shared: number, unshared: number): void {
    const { value: block, userLength: before } = this;
    const length = shared + unshared;
    if (length > this.key.length) this.growKey(length);
    const { key } = this;
    const userLength = length - KEY_TRAILER;
    const common = Math.min(userLength, before);
    const distance = from - shared;
    let at = Math.min(shared, common);
    this.shared = at;
    while (at < common && key[at] === block[distance + at]) at++;
    const order = at < common ? block[distance + at]! - key[at]! : userLength - before;
    this.repeats = order === 0;
    const sequenceBefore = this.sequence;
    if (unshared <= 40) for (let i = shared; i < length; i++) key[i] = block[distance + i]!;
    else key.set(block.subarray(from, from + unshared), shared);
    this.userLength = userLength;
    this.sequence = sequenceAt(key, userLength);
    this.type = key[userLength]!;
    if (before > 0 && (order < 0 || (order === 0 && this.sequence >= sequenceBefore))) {
      this.fail(`the entries of its block ${this.blockAt} are out of order`);
    }
  }

  private growKey(length: number): void {
    const key = new Uint8Array(length * 2);
    key.set(this.key);
    this.key = key;
  }

  /** Where {@link varint} reads. */
  private at = 0;

  private varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = this.value[this.at++] ?? this.fail('an entry is cut');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return this.fail('the lengths of an entry are broken');
  }

  private fail(what: string): never {
    return this.inTable(() => {
      throw new MalformedBytesError(what);
    });
  }

  private inTable<T>(read: () => T): T {
    return this.table.sound(read);
  }
}

function isBelow({ live: { largest } }: Table, target: Uint8Array): boolean {
  return compareBytes(largest, largest.length - KEY_TRAILER, target, target.length) < 0;
}
