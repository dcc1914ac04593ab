/** Thrown by {@link ByteReader} where bytes end too early or mean nothing; whoever knows the file says so. */
export class MalformedBytesError extends Error {}

const WORD = 2 ** 32;

/** Reads numbers and strings as RocksDB encodes them (util/coding.h), one after the other. */
export class ByteReader {
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    this.need(1);
    return this.bytes[this.position++]!;
  }

  fixed32(): number {
    this.need(4);
    const value = this.view.getUint32(this.position, true);
    this.position += 4;
    return value;
  }

  /** As a double: exact up to 2^53, which RocksDB's file sizes and sequence numbers never reach. */
  fixed64(): number {
    const low = this.fixed32();
    return this.fixed32() * WORD + low;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new MalformedBytesError('a varint of more than ten bytes');
  }

  /** A varint whose lowest bit is the sign. */
  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Part of the bytes, not a copy. */
  take(length: number): Uint8Array {
    this.need(length);
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  /** Bytes that follow their length. */
  prefixed(): Uint8Array {
    return this.take(this.varint());
  }

  private need(length: number): void {
    if (length > this.end - this.position) throw new MalformedBytesError('the bytes end too early');
  }
}

/** Orders bytes as RocksDB's bytewise comparator does. */
export function compareBytes(a: Uint8Array, aLength: number, b: Uint8Array, bLength: number): number {
  const shorter = Math.min(aLength, bLength);
  for (let i = 0; i < shorter; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** What RocksDB puts behind each user key: 7 bytes of sequence number and the type of the entry. */
export const KEY_TRAILER = 8;

/** The sequence number in the trailer that begins at `at`. */
export function sequenceAt(key: Uint8Array, at: number): number {
  const low = (key[at + 1]! | (key[at + 2]! << 8) | (key[at + 3]! << 16) | (key[at + 4]! << 24)) >>> 0;
  return (key[at + 5]! | (key[at + 6]! << 8) | (key[at + 7]! << 16)) * WORD + low;
}

/** Types of entries (db/dbformat.h) that Aim's databases can hold. */
export const EntryType = {
  deletion: 0,
  value: 1,
  singleDeletion: 7,
  rangeDeletion: 15,
} as const;
