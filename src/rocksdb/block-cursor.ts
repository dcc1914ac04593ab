import { copyBytes, type Key } from './bytes.js';
import { KEY_TRAILER, VALUE } from './internal-key.js';

/**
 * Iterates over the entries of a block without an object for each. Its fields describe the current entry, and are valid
 * until {@link next} is called.
 */
export class BlockCursor {
  /** Holds the key, followed by remains of longer ones. */
  key: Buffer = Buffer.allocUnsafe(256);
  keyLength = 0;
  /** The position of the value in the block. */
  valueStart = 0;
  valueEnd = 0;
  private shared = 0;
  private previousLength = 0;
  private at = 0;
  private readonly end: number;

  constructor(readonly block: Buffer) {
    this.end = restartsOffset(block);
  }

  /** Advances; false after the last entry. Throws a RangeError if the block is truncated. */
  next(): boolean {
    if (this.valueEnd >= this.end) return false;
    const { block } = this;
    this.at = this.valueEnd;
    const shared = this.varint();
    const unshared = this.varint();
    const valueLength = this.varint();
    const keyEnd = this.at + unshared;
    const valueEnd = keyEnd + valueLength;
    if (valueEnd > this.end || shared > this.keyLength) throw new RangeError('The bytes end inside a field.');
    if (shared + unshared > this.key.length) this.grow(shared + unshared);
    copyBytes(block, this.at, keyEnd, this.key, shared);
    this.shared = shared;
    this.previousLength = this.keyLength;
    this.keyLength = shared + unshared;
    this.valueStart = keyEnd;
    this.valueEnd = valueEnd;
    return true;
  }

  /** The length of the user's key, in blocks of internal keys. */
  get userKeyLength(): number {
    return this.keyLength - KEY_TRAILER;
  }

  /** How many bytes the user's key is known to share with the previous one. */
  get sharedUserKey(): number {
    return Math.min(this.shared, this.userKeyLength, this.previousLength - KEY_TRAILER);
  }

  /**
   * Whether the entry is a value of sequence number 0, in blocks of internal keys: its table then has no other entry for
   * that key.
   */
  get isSoleValue(): boolean {
    const { key, userKeyLength } = this;
    for (let i = 1; i < KEY_TRAILER; i++) if (key[userKeyLength + i] !== 0) return false;
    return key[userKeyLength] === VALUE;
  }

  get userKey(): Key {
    return this.key.toString('latin1', 0, this.userKeyLength);
  }

  get internalKey(): Key {
    return this.key.toString('latin1', 0, this.keyLength);
  }

  get valueLength(): number {
    return this.valueEnd - this.valueStart;
  }

  /** A view of the block. */
  get value(): Buffer {
    return this.block.subarray(this.valueStart, this.valueEnd);
  }

  startsWith(prefix: Key): boolean {
    if (this.keyLength < prefix.length) return false;
    for (let i = 0; i < prefix.length; i++) if (this.key[i] !== prefix.charCodeAt(i)) return false;
    return true;
  }

  /** What {@link startsWith} will say of the next entry; false after the last. */
  nextStartsWith(prefix: Key): boolean {
    if (this.valueEnd >= this.end) return false;
    this.at = this.valueEnd;
    const shared = this.varint();
    const unshared = this.varint();
    this.varint();
    if (shared + unshared < prefix.length) return false;
    for (let i = 0; i < prefix.length; i++) {
      const byte = i < shared ? this.key[i] : this.block[this.at + i - shared];
      if (byte !== prefix.charCodeAt(i)) return false;
    }
    return true;
  }

  private varint(): number {
    const { block } = this;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = block[this.at++];
      if (byte === undefined) throw new RangeError('The bytes end inside a number.');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  private grow(length: number): void {
    const larger = Buffer.allocUnsafe(length * 2);
    larger.set(this.key);
    this.key = larger;
  }
}

/** Where the entries of a block end and its restart points start. */
export function restartsOffset(block: Buffer): number {
  // With a hash index the highest bit of the count is set; Aim's databases have none.
  const count = block.readUInt32LE(block.length - 4);
  return block.length - 4 - count * 4;
}
