import { closeSync, read, readSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { ConvertError } from '../../errors.js';
import type { PointBatch, StageContext } from '../../model.js';
import { MAX_LINE_BYTES, MAX_METRIC_BYTES } from '../common/bounds.js';
import { PointBuffer } from '../common/point-buffer.js';
import type { MetricChange } from '../common/tracking-store.js';
import { openRegular, type RegularFile } from '../local/regular-file.js';
import { asSkippable, unreadableField } from '../local/skippable.js';
import { continues, fileCursor, fileState, parseFileCursor } from './file-cursor.js';
import { MetricLines } from './metric-lines.js';

const NEWLINE = 10;
const CHUNK_BYTES = 1024 * 1024;
const readAsync = promisify(read);

// Shared by all histories of a thread: both are filled and emptied between two awaits.
const smallFile = Buffer.allocUnsafeSlow(64 * 1024);
const columns = new PointBuffer();

/** More are summed up in one notice: a file of another kind among the metrics must not become a million of them. */
const MAX_LINE_NOTICES = 1000;

/** A metric's file, and what its reader has to know about the run. */
export interface MetricFile {
  readonly key: string;
  readonly path: string;
  /**
   * Whether the run has ended, asked only when the file ends without a newline: of a run that is still written the last
   * line may be half there (`0.12` of `0.1234`), and is left alone.
   */
  readonly runHasEnded: () => Promise<boolean>;
}

/**
 * The points of a metric file in the order in which they were written. Small files are read at once, larger ones a
 * chunk at a time as batches are taken: memory holds one chunk and one batch, however slow the consumer.
 */
export async function* readHistory(
  file: MetricFile,
  context: StageContext,
  marked?: (mark: string) => void,
): AsyncGenerator<PointBatch, void, void> {
  const notices = new LineNotices(file, context);
  let opened: RegularFile | undefined;
  try {
    opened = openMetric(file.path);
    const { fd, stats } = opened;
    const before = marked === undefined ? undefined : fileState(stats);
    const place: Place = { offset: 0 };
    for await (const batch of readFrom(fd, place, file, notices, context.signal)) {
      yield batch;
      context.signal.throwIfAborted();
    }
    if (before !== undefined && place.offset !== undefined) marked?.(fileCursor(fd, place.offset, before));
  } catch (cause) {
    if (context.signal.aborted) throw cause;
    context.notice(
      unreadableField(`metrics/${file.key}`, file.path, asSkippable(cause, file.path), {
        part: 'metrics',
        item: file.key,
      }),
    );
  } finally {
    if (opened !== undefined) closeSync(opened.fd);
    notices.sumUp();
  }
}

/**
 * What was added to a metric file behind a mark of {@link readHistory}. A file that is as it was is not opened, and a last
 * line without its newline is left alone.
 */
export async function* readFileChanges(
  file: Omit<MetricFile, 'runHasEnded'>,
  mark: string | undefined,
  context: StageContext,
): AsyncGenerator<MetricChange, void, void> {
  const { key, path } = file;
  const known = mark === undefined ? undefined : parseFileCursor(mark);
  const notices = new LineNotices(file, context);
  let opened: RegularFile | undefined;
  try {
    const seen = fileState(statSync(path, { bigint: true }));
    if (seen.inode === known?.inode && seen.state === known.state && seen.state !== '') return;
    opened = openMetric(path);
    const { fd, stats } = opened;
    const before = fileState(stats);
    if (mark !== undefined && (known === undefined || !continues(fd, known, before))) {
      yield { type: 'rewritten', key };
      return;
    }
    const place: Place = { offset: known?.offset ?? 0 };
    const running = { ...file, runHasEnded: async () => false };
    for await (const batch of readFrom(fd, place, running, notices, context.signal)) {
      yield { type: 'points', key, batch };
      context.signal.throwIfAborted();
    }
    if (place.offset === undefined) yield { type: 'rewritten', key };
    else yield { type: 'read', key, cursor: fileCursor(fd, place.offset, before) };
  } catch (cause) {
    if (context.signal.aborted) throw cause;
    context.notice(unreadableField(`metrics/${key}`, path, asSkippable(cause, path), { part: 'metrics', item: key }));
    yield { type: 'rewritten', key };
  } finally {
    if (opened !== undefined) closeSync(opened.fd);
    notices.sumUp();
  }
}

function openMetric(path: string): RegularFile {
  const file = openRegular(path);
  if (file.stats.size <= MAX_METRIC_BYTES) return file;
  closeSync(file.fd);
  throw noMetric(path, 'is larger than 16 GiB');
}

function noMetric(path: string, why: string): ConvertError {
  return new ConvertError('skip-item', `${path} ${why}, which no metric of MLflow is.`, { where: path });
}

/** How far a file has been read: behind a newline. Undefined once that is not so. */
interface Place {
  offset: number | undefined;
}

/** The points behind a place, which moves on. */
async function* readFrom(
  fd: number,
  place: Place,
  file: MetricFile,
  notices: LineNotices,
  signal: AbortSignal,
): AsyncGenerator<PointBatch, void, void> {
  const start = place.offset ?? 0;
  const lines = new MetricLines(columns, (line, fault) => notices.add(line, fault));
  const length = readSync(fd, smallFile, 0, smallFile.length, start);
  if (length === 0) return;
  // a short read of a regular file is its end
  const isWhole = length < smallFile.length && smallFile[length - 1] === NEWLINE;
  if (isWhole) {
    place.offset = start + length;
    yield* [...parseBatches(lines, smallFile, 0, length)];
  } else {
    yield* readInChunks(fd, place, lines, file, signal);
  }
}

function* parseBatches(
  lines: MetricLines,
  chunk: Buffer,
  start: number,
  end: number,
): Generator<PointBatch, void, void> {
  let at = start;
  columns.clear();
  while (at < end) {
    at = lines.parse(chunk, at, end);
    if (columns.length > 0) yield columns.take();
  }
}

async function* readInChunks(
  fd: number,
  place: Place,
  lines: MetricLines,
  file: MetricFile,
  signal: AbortSignal,
): AsyncGenerator<PointBatch, void, void> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let chunkPosition = place.offset ?? 0; // of the chunk in the file
  let filled = 0; // bytes at the chunk's beginning that are part of a line
  let tooLong = false; // inside a line that is longer than a chunk
  let lineStart = chunkPosition; // of that line
  let ended = false;

  for (;;) {
    const { bytesRead } = await readAsync(fd, chunk, filled, chunk.length - filled, chunkPosition + filled);
    signal.throwIfAborted();
    if (bytesRead === 0) {
      place.offset = tooLong || ended ? undefined : chunkPosition;
      if (filled === 0 || tooLong) return;
      if (!ended) {
        ended = await file.runHasEnded();
        if (!ended) return;
        continue; // the rest of the line may have been written since
      }
      chunk[filled] = NEWLINE;
      yield* parseBatches(lines, chunk, 0, filled + 1);
      return;
    }

    const available = filled + bytesRead;
    const end = chunk.lastIndexOf(NEWLINE, available - 1) + 1;
    if (end === 0 && available < chunk.length && !tooLong) {
      filled = available;
      continue;
    }
    if (end === 0) {
      if (!tooLong) {
        lines.skipLine('it is longer than any line of MLflow');
        lineStart = chunkPosition;
      }
      tooLong = true;
      chunkPosition += available;
      filled = 0;
      if (chunkPosition - lineStart > MAX_LINE_BYTES) throw noMetric(file.path, 'has a line of more than 64 MiB');
      continue;
    }
    const start = tooLong ? chunk.indexOf(NEWLINE) + 1 : 0;
    tooLong = false;
    yield* parseBatches(lines, chunk, start, end);
    chunk.copyWithin(0, end, available);
    chunkPosition += end;
    if (chunkPosition > MAX_METRIC_BYTES) throw noMetric(file.path, 'is larger than 16 GiB'); // it grew meanwhile
    filled = available - end;
  }
}

/** The notices of one file's skipped lines. */
class LineNotices {
  #count = 0;
  #last = 0;

  constructor(
    readonly file: Omit<MetricFile, 'runHasEnded'>,
    readonly context: StageContext,
  ) {}

  add(line: number, fault: string): void {
    this.#count++;
    this.#last = line;
    if (this.#count <= MAX_LINE_NOTICES) this.#tell(line, fault);
  }

  sumUp(): void {
    const more = this.#count - MAX_LINE_NOTICES;
    if (more > 0) this.#tell(this.#last, `it and ${more - 1} lines before it hold no point either`);
  }

  #tell(line: number, reason: string): void {
    this.context.notice({ kind: 'line-skipped', metric: this.file.key, file: this.file.path, line, reason });
  }
}
