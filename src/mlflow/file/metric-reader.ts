import { closeSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { ConvertError } from '../../errors.js';
import type { PointBatch } from '../../model.js';
import { MAX_LINE_BYTES, MAX_METRIC_BYTES } from '../common/bounds.js';
import { PointBuffer } from '../common/point-buffer.js';
import { openRegular, type RegularFile } from '../local/regular-file.js';
import { type LineSkipped, MetricLines } from './metric-lines.js';

const NEWLINE = 10;
const CHUNK_BYTES = 1024 * 1024;
const readAsync = promisify(read);

// Shared by all histories of a thread: both are filled and emptied between two awaits.
const smallFile = Buffer.allocUnsafeSlow(64 * 1024);
const points = new PointBuffer();

/** An open metric file. */
export interface OpenMetric {
  readonly fd: number;
  readonly path: string;
  /** Where to begin; just after a newline, or 0. */
  readonly start: number;
  /**
   * Whether the run has ended. Called only if the file ends without a newline: the last line of an active run may be
   * incomplete (`0.12` of `0.1234`), and is left for later.
   */
  readonly runHasEnded: () => Promise<boolean>;
}

/** Opens a metric file. Throws the system's error, or a `skip-item` if it cannot be a metric. */
export function openMetric(path: string): RegularFile {
  const file = openRegular(path);
  if (file.stats.size <= MAX_METRIC_BYTES) return file;
  closeSync(file.fd);
  throw tooLarge(path);
}

function tooLarge(path: string): ConvertError {
  return notAMetric(path, 'is larger than 16 GiB');
}

function notAMetric(path: string, why: string): ConvertError {
  return new ConvertError('skip-item', 'too-large', `${path} ${why}, which no metric of MLflow is.`, { where: path });
}

/**
 * Reads the points of a metric file from an offset on. A small file is read at once, a larger one a chunk at a time as batches
 * are taken: memory holds one chunk and one batch, however slow the consumer.
 */
export class MetricReader {
  readonly #file: OpenMetric;
  readonly #lines: MetricLines;
  #chunk: Buffer = Buffer.alloc(0);
  /** The position of the chunk in the file; everything before it has been read. */
  #position: number;
  /** The number of bytes in the chunk. */
  #filled = 0;
  /** The position of a line that is longer than a chunk, while in it. */
  #longLine: number | undefined;
  #runHasEnded = false;

  constructor(file: OpenMetric, skipped: LineSkipped) {
    this.#file = file;
    this.#lines = new MetricLines(points, skipped);
    this.#position = file.start;
  }

  /** The offset after the last line that was read. Undefined if reading cannot continue there: the file ends within a line. */
  get offset(): number | undefined {
    return this.#longLine !== undefined || this.#runHasEnded ? undefined : this.#position;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const length = readSync(this.#file.fd, smallFile, 0, smallFile.length, this.#position);
    // a short read of a regular file is its end
    const isWhole = length < smallFile.length && (length === 0 || smallFile[length - 1] === NEWLINE);
    if (!isWhole) {
      yield* this.#chunkedBatches(signal);
      return;
    }
    this.#position += length;
    yield* [...this.#parse(smallFile, 0, length)];
  }

  async *#chunkedBatches(signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (;;) {
      if (await this.#readMore(signal)) {
        yield* this.#takeLines();
        continue;
      }
      if (this.#filled === 0 || this.#longLine !== undefined) return;
      if (this.#runHasEnded) {
        this.#chunk[this.#filled] = NEWLINE;
        yield* this.#parse(this.#chunk, 0, this.#filled + 1);
        return;
      }
      this.#runHasEnded = await this.#file.runHasEnded();
      if (!this.#runHasEnded) return;
      // the rest of the line may have been written since
    }
  }

  /** Fills the chunk as far as the file goes; false at its end. */
  async #readMore(signal: AbortSignal): Promise<boolean> {
    const { fd } = this.#file;
    const free = this.#chunk.length - this.#filled;
    const { bytesRead } = await readAsync(fd, this.#chunk, this.#filled, free, this.#position + this.#filled);
    signal.throwIfAborted();
    this.#filled += bytesRead;
    return bytesRead > 0;
  }

  /** Parses the complete lines of the chunk, and moves the incomplete one to its beginning. */
  *#takeLines(): Generator<PointBatch, void, void> {
    const end = this.#chunk.lastIndexOf(NEWLINE, this.#filled - 1) + 1;
    if (end === 0) {
      if (this.#longLine !== undefined || this.#filled === this.#chunk.length) this.#skipChunk();
      return;
    }
    const start = this.#longLine === undefined ? 0 : this.#chunk.indexOf(NEWLINE) + 1;
    this.#longLine = undefined;
    yield* this.#parse(this.#chunk, start, end);
    this.#chunk.copyWithin(0, end, this.#filled);
    this.#position += end;
    this.#filled -= end;
    if (this.#position > MAX_METRIC_BYTES) throw tooLarge(this.#file.path); // it grew meanwhile
  }

  /** Skips a chunk without a newline. */
  #skipChunk(): void {
    if (this.#longLine === undefined) {
      this.#lines.skipLine('it is longer than any line of MLflow');
      this.#longLine = this.#position;
    }
    this.#position += this.#filled;
    this.#filled = 0;
    if (this.#position - this.#longLine > MAX_LINE_BYTES) {
      throw notAMetric(this.#file.path, 'has a line of more than 64 MiB');
    }
  }

  *#parse(bytes: Buffer, start: number, end: number): Generator<PointBatch, void, void> {
    points.clear();
    for (let at = start; at < end; ) {
      at = this.#lines.parse(bytes, at, end);
      if (points.length > 0) yield* points.take();
    }
  }
}
