/**
 * A key as a "binary string": one char (0 to 255) per byte. V8 compares, hashes and joins such strings natively, and their
 * order is that of the bytes, as in RocksDB's bytewise comparator.
 */
export type Key = string;

/** The UTF-8 bytes of a text as a {@link Key}. */
export function utf8Key(text: string): Key {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

export function keyOf(bytes: Uint8Array, start = 0, end = bytes.length): Key {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);
}

export function keyBytes(key: Key): Buffer {
  return Buffer.from(key, 'latin1');
}

/** A call into the runtime costs as much as copying this many bytes one by one. */
const FEW_BYTES = 64;

/** Copies `source[start, end)` to `offset`; returns the offset after it. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, offset: number): number {
  if (end - start > FEW_BYTES) target.set(source.subarray(start, end), offset);
  else for (let i = start, at = offset; i < end; i++) target[at++] = source[i]!;
  return offset + end - start;
}

/** Writes `value` (an integer of at most 2^53 − 1) as a varint at `offset`; returns the offset after it. */
export function putVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 128) {
    target[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

export function varint(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  return buffer.subarray(0, putVarint(buffer, 0, value));
}

/** A length as a varint, then the bytes. */
export function lengthPrefixed(bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** Reads what {@link putVarint} and {@link lengthPrefixed} write. Throws a RangeError beyond the end. */
export class ByteReader {
  constructor(
    readonly bytes: Uint8Array,
    public offset = 0,
  ) {}

  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.offset++];
      if (byte === undefined) throw new RangeError('The bytes end inside a number.');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  take(length: number): Uint8Array {
    const end = this.offset + length;
    if (end > this.bytes.length) throw new RangeError('The bytes end inside a field.');
    const taken = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }

  lengthPrefixed(): Uint8Array {
    return this.take(this.varint());
  }
}
