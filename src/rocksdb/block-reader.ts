import { createRequire } from 'node:module';
import { inflateRawSync } from 'node:zlib';
import type Snappy from 'snappy';
import { BlockCursor, restartsOffset } from './block-cursor.js';
import { ByteReader, type Key, keyOf } from './bytes.js';
import { maskedCrc } from './crc32c.js';

const require = createRequire(import.meta.url);

export interface BlockHandle {
  readonly offset: number;
  /** Without the trailer. */
  readonly size: number;
}

/** Compression type (1 byte) and masked CRC32C of the stored bytes and that type (4 bytes). */
export const TRAILER_SIZE = 5;

export function readHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.varint(), size: reader.varint() };
}

/** Checks a block as stored in the file, trailer included, and returns its contents. Throws an Error. */
export function openBlock(stored: Buffer): Buffer {
  const end = stored.length - TRAILER_SIZE;
  if (maskedCrc(stored.subarray(0, end + 1)) !== stored.readUInt32LE(end + 1)) {
    throw new Error('A checksum in a table file is wrong.');
  }
  const contents = stored.subarray(0, end);
  const compression = stored[end];
  switch (compression) {
    case 0:
      return contents;
    case 1:
      return snappy().uncompressSync(contents, { asBuffer: true }) as Buffer;
    case 2: {
      const reader = new ByteReader(contents);
      reader.varint(); // the uncompressed length
      return inflateRawSync(contents.subarray(reader.offset));
    }
    default:
      throw new Error(`A table file is compressed in a way that is not understood (${compression}).`);
  }
}

/** Loaded for the first compressed block: Aim compresses, and we do not. */
function snappy(): typeof Snappy {
  return require('snappy');
}

export interface BlockEntry {
  readonly key: Key;
  readonly value: Buffer;
}

/** The entries of a block in order. */
export function* blockEntries(block: Buffer): Generator<BlockEntry> {
  const cursor = new BlockCursor(block);
  while (cursor.next()) {
    yield { key: cursor.internalKey, value: cursor.value };
  }
}

export interface IndexEntry {
  /** At least as large as every key of the block, and smaller than all keys of the next. */
  readonly separator: Key;
  readonly handle: BlockHandle;
}

/**
 * The entries of an index block. From format version 4 on, an entry does not contain the length of its value, and a handle
 * that is not at a restart point is stored as the difference of its size from that of the previous block.
 */
export function* indexEntries(block: Buffer, deltaEncoded: boolean): Generator<IndexEntry> {
  if (!deltaEncoded) {
    for (const { key, value } of blockEntries(block)) {
      yield { separator: key, handle: readHandle(new ByteReader(value)) };
    }
    return;
  }
  const reader = new ByteReader(block.subarray(0, restartsOffset(block)));
  let key: Key = '';
  let handle: BlockHandle = { offset: 0, size: 0 };
  while (!reader.done) {
    const shared = reader.varint();
    const unshared = reader.varint();
    key = key.slice(0, shared) + keyOf(reader.take(unshared));
    if (shared === 0) {
      handle = readHandle(reader);
    } else {
      const zigzag = reader.varint();
      const difference = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      handle = { offset: handle.offset + handle.size + TRAILER_SIZE, size: handle.size + difference };
    }
    yield { separator: key, handle };
  }
}
