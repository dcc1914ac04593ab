import { BlockBuilder, COMPRESSION_TYPE, DATA_RESTART_INTERVAL } from './block-builder.js';
import { BlockCursor } from './block-cursor.js';
import { BufferedFile } from './buffered-file.js';
import { type Key, keyBytes, putVarint, varint } from './bytes.js';
import { type Column, columnKey } from './column.js';
import { maskedCrc } from './crc32c.js';
import { DELETION, keyTrailer, VALUE } from './internal-key.js';
import type { TableFile } from './manifest.js';

/** RocksDB's default is 4 KiB. A run is read one metric at a time, and larger blocks make that cheaper on both sides. */
const BLOCK_SIZE = 16 * 1024;
/** A value of this size or more gets a block of its own and is not copied. */
const LARGE_VALUE = 64 * 1024;
const FORMAT_VERSION = 2;
const FOOTER_SIZE = 53;
/** The magic number of block-based tables, 0x88e241b785f4cff7, little-endian. */
const MAGIC = Buffer.from('f7cff485b741e288', 'hex');

interface BlockHandle {
  readonly offset: number;
  /** Without the trailer. */
  readonly size: number;
}

export interface TableWriterOptions {
  readonly path: string;
  readonly number: number;
  readonly level: number;
  /** The sequence number of all entries: 0 in a new database, otherwise above all existing ones. */
  readonly sequence: number;
}

/**
 * Writes a table file (SST, block-based, format version 2, CRC32C, uncompressed) from entries that come in ascending order
 * of key, each key once. Writes synchronously: it runs in worker threads, and memory stays at one block and the write
 * buffer, whatever the size of the table. The format is in docs/aim-repo-format.md §2.1.
 */
export class TableWriter {
  private readonly file: BufferedFile;
  private readonly data = new BlockBuilder(BLOCK_SIZE * 2, DATA_RESTART_INTERVAL);
  private readonly index = new BlockBuilder(BLOCK_SIZE, 1);
  private readonly valueTrailer: Key;
  private readonly valueTrailerBytes: Buffer;
  private readonly deletionTrailer: Key;
  private smallest: Key | undefined;
  private largest: Key = '';
  private lastKey: Key = '';
  private entries = 0;
  private deletions = 0;
  private blocks = 0;
  private rawKeySize = 0;
  private rawValueSize = 0;

  constructor(private readonly options: TableWriterOptions) {
    this.valueTrailer = keyTrailer(options.sequence, VALUE);
    this.valueTrailerBytes = keyBytes(this.valueTrailer);
    this.deletionTrailer = keyTrailer(options.sequence, DELETION);
    this.file = new BufferedFile(options.path);
  }

  /** Bytes written or buffered. */
  get size(): number {
    return this.file.size + this.data.size;
  }

  get path(): string {
    return this.options.path;
  }

  get isEmpty(): boolean {
    return this.entries === 0;
  }

  add(key: Key, value: Uint8Array): void {
    this.put(key, this.valueTrailer, value);
  }

  /** Marks a key as deleted: hides what older files hold for it. */
  delete(key: Key): void {
    this.deletions++;
    this.put(key, this.deletionTrailer, EMPTY);
  }

  /** Adds the entries of another table's block whose keys begin with `prefix`; all of them are values. */
  addFromBlock(block: Buffer, prefix: Key): void {
    const cursor = new BlockCursor(block);
    do {
      if (!cursor.next()) return;
    } while (!cursor.startsWith(prefix));
    this.add(cursor.userKey, cursor.value);
    while (cursor.nextStartsWith(prefix)) {
      cursor.next();
      this.copy(cursor);
    }
    this.lastKey = cursor.userKey;
    this.largest = this.lastKey + this.valueTrailer;
  }

  private copy(cursor: BlockCursor): void {
    this.data.copy(cursor, this.valueTrailerBytes);
    this.entries++;
    this.rawKeySize += cursor.keyLength;
    this.rawValueSize += cursor.valueLength;
    if (this.data.size >= BLOCK_SIZE) this.flushData(cursor.userKey + this.valueTrailer);
  }

  /** Adds `count` entries of a column, whose keys all sort after those added before. */
  addColumn(column: Column, count: number): void {
    if (count === 0) return;
    this.note(columnKey(column, 0), columnKey(column, count - 1), this.valueTrailer);
    const internal: Column = { ...column, suffix: column.suffix + this.valueTrailer };
    for (let next = 0; next < count; ) {
      next = this.data.addColumn(internal, next, count, BLOCK_SIZE);
      if (this.data.size >= BLOCK_SIZE) this.flushData(columnKey(internal, next - 1));
    }
    this.entries += count;
    this.rawKeySize += count * (internal.prefix.length + 8 + internal.suffix.length);
    this.rawValueSize += count * column.value.length;
  }

  /** Writes index, properties and footer and closes the file. The data is not yet synced to disk. */
  finish(): TableFile {
    if (this.smallest === undefined) throw new Error('A table file needs at least one entry.');
    if (!this.data.isEmpty) this.flushData(this.largest);
    const properties = this.writePieces([this.properties()]);
    const metaindex = new BlockBuilder(256, 1);
    metaindex.add('rocksdb.properties', encodeHandle(properties));
    const metaindexHandle = this.writePieces([metaindex.finish()]);
    const indexHandle = this.writePieces([this.index.finish()]);
    this.file.write(footer(metaindexHandle, indexHandle));
    this.file.flush();
    this.file.close();
    const { number, level, sequence } = this.options;
    return {
      number,
      level,
      size: this.file.size,
      smallest: this.smallest,
      largest: this.largest,
      smallestSequence: sequence,
      largestSequence: sequence,
    };
  }

  /** Closes the file as it is, which is not a valid table then. */
  abandon(): void {
    this.file.close();
  }

  private put(key: Key, keyTrailer: Key, value: Uint8Array): void {
    const previous = this.largest;
    this.note(key, key, keyTrailer);
    const internalKey = key + keyTrailer;
    this.entries++;
    this.rawKeySize += internalKey.length;
    this.rawValueSize += value.length;
    if (value.length > LARGE_VALUE) {
      this.writeLargeValue(previous, internalKey, value);
      return;
    }
    this.data.add(internalKey, value);
    if (this.data.size >= BLOCK_SIZE) this.flushData(internalKey);
  }

  private note(first: Key, last: Key, keyTrailer: Key): void {
    if (this.smallest === undefined) this.smallest = first + keyTrailer;
    else if (first <= this.lastKey) throw new Error(`Keys of a table must ascend (${this.options.path}).`);
    this.lastKey = last;
    this.largest = last + keyTrailer;
  }

  /** A block of its own for one entry; its value is written from where it is in memory. */
  private writeLargeValue(previous: Key, internalKey: Key, value: Uint8Array): void {
    if (!this.data.isEmpty) this.flushData(previous);
    const key = keyBytes(internalKey);
    const head = Buffer.concat([varint(0), varint(key.length), varint(value.length), key]);
    const restarts = Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, ...COMPRESSION_TYPE]);
    this.addToIndex(internalKey, this.writePieces([head, value, restarts]));
  }

  private flushData(lastKey: Key): void {
    this.addToIndex(lastKey, this.writePieces([this.data.finish()]));
  }

  private addToIndex(lastKey: Key, handle: BlockHandle): void {
    this.index.add(lastKey, encodeHandle(handle));
    this.blocks++;
  }

  /** Writes a block given in pieces, whose last byte is its compression type, and its checksum. */
  private writePieces(pieces: readonly Uint8Array[]): BlockHandle {
    const offset = this.file.size;
    for (const piece of pieces) this.file.write(piece);
    const size = this.file.size - offset - COMPRESSION_TYPE.length;
    checksum.writeUInt32LE(maskedCrc(...pieces));
    this.file.write(checksum);
    return { offset, size };
  }

  private properties(): Buffer {
    const block = new BlockBuilder(1024, Number.MAX_SAFE_INTEGER);
    block.add('rocksdb.block.based.table.index.type', Buffer.alloc(4));
    block.add('rocksdb.block.based.table.prefix.filtering', Buffer.from('0'));
    block.add('rocksdb.block.based.table.whole.key.filtering', Buffer.from('1'));
    block.add('rocksdb.comparator', Buffer.from('leveldb.BytewiseComparator'));
    block.add('rocksdb.data.size', varint(this.file.size));
    block.add('rocksdb.deleted.keys', varint(this.deletions));
    block.add('rocksdb.index.size', varint(this.index.size + COMPRESSION_TYPE.length + checksum.length));
    block.add('rocksdb.merge.operands', varint(0));
    block.add('rocksdb.num.data.blocks', varint(this.blocks));
    block.add('rocksdb.num.entries', varint(this.entries));
    block.add('rocksdb.raw.key.size', varint(this.rawKeySize));
    block.add('rocksdb.raw.value.size', varint(this.rawValueSize));
    return block.finish();
  }
}

const checksum = Buffer.alloc(4);

const EMPTY = new Uint8Array(0);

function encodeHandle(handle: BlockHandle): Buffer {
  const bytes = Buffer.alloc(20);
  return bytes.subarray(0, putVarint(bytes, putVarint(bytes, 0, handle.offset), handle.size));
}

function footer(metaindex: BlockHandle, index: BlockHandle): Buffer {
  const bytes = Buffer.alloc(FOOTER_SIZE);
  bytes[0] = 1; // checksum type: CRC32C
  const handles = Buffer.concat([encodeHandle(metaindex), encodeHandle(index)]);
  bytes.set(handles, 1);
  bytes.writeUInt32LE(FORMAT_VERSION, FOOTER_SIZE - 12);
  bytes.set(MAGIC, FOOTER_SIZE - 8);
  return bytes;
}
