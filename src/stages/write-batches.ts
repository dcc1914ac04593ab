import type { RunEnd, RunWriter } from '../aim/run-writer.js';
import { failpoint } from '../failpoints.js';
import type { ArtifactRecord, StageContext } from '../model.js';
import type { HistoryBatch } from './fetch-histories.js';

/** Hears how much has been written since it was last told. */
export type Progress = (points: number, artifactBytes: number) => void;

/**
 * Writes a run: its points; its artifacts, with `startTime` (seconds, asked for when the points are known) for those that
 * have no time of their own; then what `end` makes of the run. Each batch is written before the next is asked for. Returns the bytes of the tables written; on any error everything built is removed.
 */
export async function writeBatches(
  writer: RunWriter,
  histories: AsyncIterable<HistoryBatch>,
  artifacts: AsyncIterable<ArtifactRecord>,
  startTime: () => number,
  end: () => RunEnd,
  progress: Progress,
  context: StageContext,
): Promise<number> {
  try {
    for await (const { target, batch } of histories) {
      context.signal.throwIfAborted();
      failpoint('page-read');
      writer.points(target, batch);
      failpoint('batch-written');
      progress(batch.steps.length, 0);
    }
    writer.endMetrics();
    for await (const record of artifacts) {
      context.signal.throwIfAborted();
      writer.artifact(record, startTime());
      if (record.type === 'artifact') progress(0, record.bytes.length);
    }
    return writer.finish(end());
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
