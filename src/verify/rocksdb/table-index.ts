import { ByteReader, compareBytes, MalformedBytesError } from './bytes.js';
import { blockLimit } from './plain-block.js';
import type { BlockHandle } from './table-file.js';

/** Bytes behind each block, which its handle does not count. */
const BLOCK_TRAILER = 5;

interface IndexFormat {
  /** Bytes behind the user key of each separator. */
  readonly trailer: number;
  /** Whether handles may be told by what they differ from the one before (format version 4 and later). */
  readonly deltaEncoded: boolean;
}

/** The data blocks of a table in order. */
export class TableIndex {
  constructor(
    /** User keys: no key of a block is above its separator. */
    private readonly separators: readonly Uint8Array[],
    readonly blocks: readonly BlockHandle[],
  ) {}

  /** The first block that may hold `key` or a later one; the number of blocks when none does. */
  find(key: Uint8Array): number {
    let [low, high] = [0, this.separators.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const separator = this.separators[middle]!;
      if (compareBytes(separator, separator.length, key, key.length) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Reads an index block (table/block_based/index_builder.h). */
export function readIndex(block: Uint8Array, { trailer, deltaEncoded }: IndexFormat): TableIndex {
  const reader = new ByteReader(block, 0, blockLimit(block).limit);
  const separators: Uint8Array[] = [];
  const blocks: BlockHandle[] = [];
  let key: Uint8Array = new Uint8Array(0);
  while (!reader.atEnd) {
    const shared = reader.varint();
    const unshared = reader.varint();
    if (!deltaEncoded) reader.varint();
    if (shared > key.length) throw new MalformedBytesError('a key of the index shares more than there is');
    key = Buffer.concat([key.subarray(0, shared), reader.take(unshared)]);
    if (key.length < trailer) throw new MalformedBytesError('a key of the index is too short');
    separators.push(key.subarray(0, key.length - trailer));
    blocks.push(readHandle(reader, deltaEncoded && shared > 0 ? blocks.at(-1) : undefined));
  }
  return new TableIndex(separators, blocks);
}

function readHandle(reader: ByteReader, before: BlockHandle | undefined): BlockHandle {
  if (before === undefined) {
    const offset = reader.varint();
    return { offset, size: reader.varint() };
  }
  return { offset: before.offset + before.size + BLOCK_TRAILER, size: before.size + reader.zigzag() };
}
