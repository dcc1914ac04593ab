import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Snappy from 'snappy';
import { matchesCrc } from './checksum.js';
import { damaged, unsupported } from './damage.js';

/** Where a block lies; the size is without the trailer. */
export interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/** Behind each block: the type of its compression, and a checksum over both. */
const TRAILER = 5;

const Compression = { none: 0, snappy: 1 } as const;
const COMPRESSION_NAMES = ['none', 'Snappy', 'zlib', 'bzip2', 'LZ4', 'LZ4HC', 'XPRESS', 'ZSTD'];

/** A table of at most so many bytes is read as a whole. */
const SMALL_TABLE = 1 << 20;
/** How much is read ahead of a larger one. */
const WINDOW = 1 << 18;

const require = createRequire(import.meta.url);
/** Loaded when the first compressed block is met: mlflow2aim writes none. */
const snappy = () => require('snappy') as typeof Snappy;

/** An open table file. It stays readable when RocksDB removes its name. */
export class TableFile {
  private readonly descriptor: number;
  private readonly whole: Buffer | undefined;

  /**
   * Throws Node's error when it cannot be opened.
   *
   * @param name for messages
   * @param size as the MANIFEST says
   */
  constructor(
    path: string,
    readonly name: string,
    readonly size: number,
  ) {
    this.descriptor = openSync(path, 'r');
    try {
      const found = fstatSync(this.descriptor).size;
      if (found !== size) throw damaged(name, `is damaged: it has ${found} bytes, and should have ${size}`);
      if (size <= SMALL_TABLE) {
        this.whole = Buffer.allocUnsafe(size);
        this.read(this.whole, 0);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Part of the file; a copy where the file is large. */
  bytes(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw damaged(this.name, `is damaged: it refers to bytes behind its end (${offset + length} of ${this.size})`);
    }
    if (this.whole !== undefined) return this.whole.subarray(offset, offset + length);
    const bytes = Buffer.allocUnsafe(length);
    this.read(bytes, offset);
    return bytes;
  }

  /** The content of a block, its checksum checked and uncompressed. */
  block(handle: BlockHandle): Buffer {
    return this.open(this.bytes(handle.offset, handle.size + TRAILER), handle.offset);
  }

  /**
   * Reads blocks; those that follow each other with fewer calls to the system. Each block is valid until the next is read.
   */
  sequentialBlocks(): (handle: BlockHandle) => Buffer {
    if (this.whole !== undefined) return (handle) => this.block(handle);
    let window: Buffer | undefined;
    let start = 0;
    let end = 0;
    let next = -1;
    return (handle) => {
      const { offset } = handle;
      const length = handle.size + TRAILER;
      const isNext = offset === next;
      next = offset + length;
      if (offset < start || next > end) {
        if (!isNext || length > WINDOW || next > this.size) return this.block(handle);
        window ??= Buffer.allocUnsafe(Math.min(WINDOW, this.size));
        [start, end] = [offset, Math.min(offset + window.length, this.size)];
        this.read(window.subarray(0, end - start), start);
      }
      return this.open(window!.subarray(offset - start, next - start), offset);
    };
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private open(stored: Buffer, offset: number): Buffer {
    const size = stored.length - TRAILER;
    const checksum = stored.readUInt32LE(size + 1);
    if (!matchesCrc(stored.subarray(0, size + 1), checksum)) {
      throw damaged(this.name, `is damaged: the block at byte ${offset} does not match its checksum`);
    }
    const content = stored.subarray(0, size);
    const compression = stored[size]!;
    if (compression === Compression.none) return content;
    if (compression !== Compression.snappy) {
      throw unsupported(this.name, `is compressed with ${COMPRESSION_NAMES[compression] ?? `method ${compression}`}`);
    }
    try {
      return snappy().uncompressSync(content, { asBuffer: true }) as Buffer;
    } catch {
      throw damaged(this.name, `is damaged: the block at byte ${offset} cannot be uncompressed`);
    }
  }

  private read(into: Uint8Array, offset: number): void {
    for (let done = 0; done < into.length; ) {
      const length = readSync(this.descriptor, into, done, into.length - done, offset + done);
      if (length === 0) throw damaged(this.name, `is damaged: it ends at byte ${offset + done} of ${this.size}`);
      done += length;
    }
  }
}
