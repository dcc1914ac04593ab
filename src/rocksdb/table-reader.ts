import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  type BlockHandle,
  blockEntries,
  type IndexEntry,
  indexEntries,
  openBlock,
  readHandle,
  TRAILER_SIZE,
} from './block-reader.js';
import { ByteReader, type Key } from './bytes.js';
import { KEY_TRAILER } from './internal-key.js';

const FOOTER_SIZE = 53;
const MAGIC = 'f7cff485b741e288';
/** A file of at most this size is read at once. */
const SMALL_FILE = 64 * 1024;

/** One entry of a table, with its internal key split up. */
export interface TableEntry {
  readonly key: Key;
  readonly sequence: number;
  readonly type: number;
  readonly value: Buffer;
}

/** Everything with `start ≤ key < end` and a smaller sequence number is deleted. */
export interface RangeTombstone {
  readonly start: Key;
  readonly end: Key;
  readonly sequence: number;
}

/**
 * Reads a table file that RocksDB or {@link TableWriter} wrote: block-based, format version 2 to 5, CRC32C. Reads
 * synchronously, one block at a time. Errors say what is wrong; the caller knows the file.
 */
export class TableReader {
  private readonly file: number;
  private readonly size: number;
  /** The whole of a small file. */
  private readonly whole: Buffer | undefined;
  private readonly index: IndexEntry[];
  /** Whether index keys contain the 8 bytes of sequence number and type. */
  private readonly internalSeparators: boolean;
  readonly rangeTombstones: readonly RangeTombstone[];

  constructor(readonly path: string) {
    this.file = openSync(path, 'r');
    try {
      this.size = fstatSync(this.file).size;
      if (this.size <= SMALL_FILE) this.whole = this.readFile(0, this.size);
      const { metaindex, index, version } = this.footer();
      const meta = new Map<Key, BlockHandle>();
      for (const { key, value } of blockEntries(this.block(metaindex)))
        meta.set(key, readHandle(new ByteReader(value)));
      const properties = this.properties(meta.get('rocksdb.properties'));
      this.internalSeparators = properties.get('rocksdb.index.key.is.user.key')?.[0] !== 1;
      const deltaEncoded = version >= 4 && properties.get('rocksdb.index.value.is.delta.encoded')?.[0] === 1;
      if ((properties.get('rocksdb.block.based.table.index.type')?.readUInt32LE() ?? 0) !== 0) {
        throw new Error('The table file has an index of a kind that is not understood.');
      }
      this.index = [...indexEntries(this.block(index), deltaEncoded)];
      const ranges = meta.get('rocksdb.range_del');
      this.rangeTombstones = ranges === undefined ? [] : readRangeTombstones(this.block(ranges));
    } catch (error) {
      closeSync(this.file);
      throw error;
    }
  }

  /** The entries from the first key at or after `from`, in order of key and descending sequence number. */
  *entries(from: Key = ''): Generator<TableEntry> {
    for (const block of this.blocks(this.firstBlock(from))) {
      for (const { key, value } of blockEntries(block)) {
        const entry = parseEntry(key, value);
        if (entry.key >= from) yield entry;
      }
    }
  }

  /** The blocks of entries, in order. */
  *blocks(first = 0): Generator<Buffer> {
    for (let i = first; i < this.index.length; i++) yield this.block(this.index[i]!.handle);
  }

  close(): void {
    closeSync(this.file);
  }

  /** The first block whose separator is at or after `key`. */
  private firstBlock(key: Key): number {
    let low = 0;
    let high = this.index.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { separator } = this.index[middle]!;
      const bound = this.internalSeparators ? separator.slice(0, -KEY_TRAILER) : separator;
      if (bound < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private footer(): { metaindex: BlockHandle; index: BlockHandle; version: number } {
    const { size } = this;
    if (size < FOOTER_SIZE) throw new Error('The table file is cut.');
    const footer = this.read(size - FOOTER_SIZE, FOOTER_SIZE);
    if (footer.toString('hex', FOOTER_SIZE - 8) !== MAGIC) throw new Error('The file is no block-based table.');
    const version = footer.readUInt32LE(FOOTER_SIZE - 12);
    if (version < 1 || version > 5) throw new Error(`The table file is of format version ${version}.`);
    if (footer[0] !== 1) throw new Error(`The table file has checksums of type ${footer[0]}.`);
    const reader = new ByteReader(footer, 1);
    return { metaindex: readHandle(reader), index: readHandle(reader), version };
  }

  private properties(handle: BlockHandle | undefined): Map<Key, Buffer> {
    const found = new Map<Key, Buffer>();
    if (handle === undefined) return found;
    for (const { key, value } of blockEntries(this.block(handle))) found.set(key, value);
    return found;
  }

  private block(handle: BlockHandle): Buffer {
    return openBlock(this.read(handle.offset, handle.size + TRAILER_SIZE));
  }

  private read(offset: number, length: number): Buffer {
    if (offset + length > this.size) throw new Error('The table file is cut.');
    return this.whole?.subarray(offset, offset + length) ?? this.readFile(offset, length);
  }

  private readFile(offset: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const read = readSync(this.file, buffer, done, length - done, offset + done);
      if (read === 0) throw new Error('The table file is cut.');
      done += read;
    }
    return buffer;
  }
}

function parseEntry(internalKey: Key, value: Buffer): TableEntry {
  const end = internalKey.length - KEY_TRAILER;
  let sequence = 0;
  for (let i = KEY_TRAILER - 1; i > 0; i--) sequence = sequence * 256 + internalKey.charCodeAt(end + i);
  return { key: internalKey.slice(0, end), sequence, type: internalKey.charCodeAt(end), value };
}

function readRangeTombstones(block: Buffer): RangeTombstone[] {
  const tombstones: RangeTombstone[] = [];
  for (const { key, value } of blockEntries(block)) {
    const start = parseEntry(key, value);
    tombstones.push({ start: start.key, sequence: start.sequence, end: value.toString('latin1') });
  }
  return tombstones;
}
