import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_SIZE = 256 * 1024;

/** Buffers of closed files, for reuse: a conversion writes thousands of small ones. */
const spareBuffers: Buffer[] = [];
const MAX_SPARE_BUFFERS = 8;

/** A new file, written from start to end through a buffer of 256 KiB. Not synced to disk. */
export class BufferedFile {
  private readonly file: number;
  private readonly buffer = spareBuffers.pop() ?? Buffer.allocUnsafe(BUFFER_SIZE);
  private pending = 0;
  private written = 0;

  /** Throws the system's error, also if the file already exists. */
  constructor(path: string) {
    this.file = openSync(path, 'wx');
  }

  /** Bytes written, including those still in the buffer. */
  get size(): number {
    return this.written;
  }

  write(bytes: Uint8Array): void {
    this.written += bytes.length;
    if (this.pending + bytes.length > BUFFER_SIZE) this.flush();
    if (bytes.length > BUFFER_SIZE) {
      this.writeAll(bytes);
      return;
    }
    this.buffer.set(bytes, this.pending);
    this.pending += bytes.length;
  }

  /** Writes out the buffer. */
  flush(): void {
    this.writeAll(this.buffer.subarray(0, this.pending));
    this.pending = 0;
  }

  /** Closes the file, without what is still in the buffer. */
  close(): void {
    closeSync(this.file);
    if (spareBuffers.length < MAX_SPARE_BUFFERS) spareBuffers.push(this.buffer);
  }

  private writeAll(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at, bytes.length - at);
  }
}
