import { closeSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { MAX_METRIC_BYTES } from '../common/bounds.js';
import type { MetricEnd } from '../common/tracking-store.js';
import { asSkippable } from '../local/skippable.js';
import type { KeyFile } from './key-files.js';
import { readMetricLine } from './metric-line.js';
import { openMetric } from './metric-reader.js';

const NEWLINE = 10;
const CHUNK_BYTES = 64 * 1024;
const readAsync = promisify(read);

/**
 * Counts the lines of metric files, and parses the last of each only. Undefined of a file where that is not enough: it cannot be read, does
 * not end with a newline, or ends with a line that is no point or is longer than any of MLflow's.
 */
export async function readMetricEnds(
  files: readonly KeyFile[],
  signal: AbortSignal,
): Promise<Map<string, MetricEnd | undefined>> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const ends = new Map<string, MetricEnd | undefined>();
  for (const { key, path } of files) ends.set(key, await endOf(path, chunk, signal));
  return ends;
}

async function endOf(path: string, chunk: Buffer, signal: AbortSignal): Promise<MetricEnd | undefined> {
  try {
    const { fd } = openMetric(path);
    try {
      return await endOfOpen(fd, chunk, signal);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    signal.throwIfAborted();
    asSkippable(cause, path); // throws what is more than the loss of one file
    return undefined;
  }
}

async function endOfOpen(fd: number, chunk: Buffer, signal: AbortSignal): Promise<MetricEnd | undefined> {
  let points = 0;
  // of the last line that ends with a newline
  let [lineStart, lineEnd, position] = [0, -1, 0];
  let length = readSync(fd, chunk, 0, chunk.length, position);
  while (length > 0) {
    for (let at = 0; at < length; at++) {
      if (chunk[at] !== NEWLINE) continue;
      points++;
      [lineStart, lineEnd] = [lineEnd + 1, position + at];
    }
    position += length;
    if (position > MAX_METRIC_BYTES) return undefined; // it grew meanwhile
    // a short read of a regular file is its end
    length = length < chunk.length ? 0 : (await readAsync(fd, chunk, 0, chunk.length, position)).bytesRead;
    signal.throwIfAborted();
  }
  if (lineEnd !== position - 1 || lineEnd - lineStart > chunk.length) return undefined;
  const line = chunk.toString('latin1', 0, readSync(fd, chunk, 0, lineEnd - lineStart, lineStart));
  const latest = readMetricLine(line);
  return latest === undefined || 'fault' in latest ? undefined : { points, latest };
}
