import type { RunEnd, RunWriter } from '../aim/run-writer.js';
import { failpoint } from '../failpoints.js';
import type { ArtifactRecord, StageContext } from '../model.js';
import type { HistoryBatch } from './fetch-histories.js';

/** Called with what was written since the last call. */
export type Progress = (points: number, artifactBytes: number) => void;

/** What is written of a run, in this order. */
export interface RunBatches {
  readonly histories: AsyncIterable<HistoryBatch>;
  readonly artifacts: AsyncIterable<ArtifactRecord>;
  /** Called once, after the histories: the time of artifacts that have none of their own, seconds. */
  readonly artifactTime: () => number;
  /** Called once, after the artifacts. */
  readonly end: () => RunEnd;
}

/**
 * Writes a run, each batch before the next one is read. Returns the bytes of its tables. If anything fails, everything built is
 * removed.
 */
export async function writeBatches(
  writer: RunWriter,
  { histories, artifacts, artifactTime, end }: RunBatches,
  { signal }: StageContext,
  progress: Progress,
): Promise<number> {
  try {
    for await (const { target, batch } of histories) {
      signal.throwIfAborted();
      failpoint('page-read');
      writer.points(target, batch);
      failpoint('batch-written');
      progress(batch.steps.length, 0);
    }
    writer.endMetrics();
    const time = artifactTime();
    for await (const record of artifacts) {
      signal.throwIfAborted();
      writer.artifact(record, time);
      if (record.type === 'artifact') progress(0, record.bytes.length);
    }
    return writer.finish(end());
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
