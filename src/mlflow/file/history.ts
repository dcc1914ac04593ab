import { closeSync, statSync } from 'node:fs';
import type { PointBatch, StageContext } from '../../model.js';
import type { MetricChange } from '../common/tracking-store.js';
import type { RegularFile } from '../local/regular-file.js';
import { asSkippable, unreadableField } from '../local/skippable.js';
import { continues, fileCursor, fileState, parseFileCursor } from './file-cursor.js';
import type { KeyFile } from './key-files.js';
import { LineNotices } from './line-notices.js';
import { MetricReader, type OpenMetric, openMetric } from './metric-reader.js';

/** A metric's file, and what its reader has to know about the run. */
export type MetricFile = KeyFile & Pick<OpenMetric, 'runHasEnded'>;

/** Reads the points of a metric file in the order in which they were written. What cannot be read is a notice. */
export async function* readHistory(
  file: MetricFile,
  context: StageContext,
  onCursor?: (cursor: string) => void,
): AsyncGenerator<PointBatch, void, void> {
  const notices = new LineNotices(file, context);
  let opened: RegularFile | undefined;
  try {
    opened = openMetric(file.path);
    const { fd, stats } = opened;
    const state = onCursor === undefined ? undefined : fileState(stats);
    const reader = new MetricReader({ ...file, fd, start: 0 }, notices.add);
    for await (const batch of reader.batches(context.signal)) {
      yield batch;
      context.signal.throwIfAborted();
    }
    const { offset } = reader;
    if (state !== undefined && offset !== undefined) onCursor?.(fileCursor(fd, offset, state));
  } catch (cause) {
    noteUnreadable(file, cause, context);
  } finally {
    if (opened !== undefined) closeSync(opened.fd);
    notices.sumUp();
  }
}

/**
 * Reads what was added to a metric file after a cursor of {@link readHistory}. An unchanged file is not opened. A last line
 * without its newline is left for later.
 */
export async function* readFileChanges(
  file: KeyFile,
  cursor: string | undefined,
  context: StageContext,
): AsyncGenerator<MetricChange, void, void> {
  const { key, path } = file;
  const known = cursor === undefined ? undefined : parseFileCursor(cursor);
  const notices = new LineNotices(file, context);
  let opened: RegularFile | undefined;
  try {
    const seen = fileState(statSync(path, { bigint: true }));
    if (seen.inode === known?.inode && seen.state === known.state && seen.state !== '') return;
    opened = openMetric(path);
    const { fd, stats } = opened;
    const state = fileState(stats);
    if (cursor !== undefined && (known === undefined || !continues(fd, known, state))) {
      yield { type: 'rewritten', key };
      return;
    }
    const added = { fd, path, start: known?.offset ?? 0, runHasEnded: async () => false };
    const reader = new MetricReader(added, notices.add);
    for await (const batch of reader.batches(context.signal)) {
      yield { type: 'points', key, batch };
      context.signal.throwIfAborted();
    }
    const { offset } = reader;
    if (offset === undefined) yield { type: 'rewritten', key };
    else yield { type: 'read', key, cursor: fileCursor(fd, offset, state) };
  } catch (cause) {
    noteUnreadable(file, cause, context);
    yield { type: 'rewritten', key };
  } finally {
    if (opened !== undefined) closeSync(opened.fd);
    notices.sumUp();
  }
}

/** Throws what is more than the loss of one file. */
function noteUnreadable({ key, path }: KeyFile, cause: unknown, { signal, notice }: StageContext): void {
  if (signal.aborted) throw cause;
  notice(unreadableField(`metrics/${key}`, path, asSkippable(cause, path), { part: 'metrics', item: key }));
}
