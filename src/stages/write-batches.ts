import type { MetricTarget } from '../aim/metrics-writer.js';
import type { RunEnd } from '../aim/run-writer.js';
import { failpoint } from '../failpoints.js';
import type { ArtifactRecord, PointBatch, StageContext } from '../model.js';
import type { RunStreams } from './custom-stages.js';

/** Called with what was written since the last call. */
export type Progress = (points: number, artifactBytes: number) => void;

/**
 * What the batches of one run are written to: Aim's databases, or what a program makes of them. Calls come in this order, each when the
 * one before has ended: {@link points} for all batches, {@link endMetrics}, {@link artifact} for all artifacts, {@link finish}; or
 * {@link abandon} at any moment. `End` is what is known of a run only when all of it has been read.
 */
export interface RunSink<End = RunEnd> {
  /** The next points of a metric; metrics come in ascending order of their sequence, points in arrival order. */
  points(target: MetricTarget, batch: PointBatch): void | Promise<void>;
  endMetrics(): void | Promise<void>;
  /** The next artifact or link; `time`, in seconds since the epoch, is that of an artifact without a time of its own. */
  artifact(record: ArtifactRecord, time: number): void | Promise<void>;
  /** Completes the run, and returns the bytes that were written. */
  finish(end: End): number | Promise<number>;
  /** Removes what was written. */
  abandon(): void | Promise<void>;
}

/** What is written of a run, in this order. */
export interface RunBatches<End = RunEnd> extends RunStreams {
  /** Called once, after the histories: the time of artifacts that have none of their own, seconds. */
  readonly artifactTime: () => number;
  /** Called once, after the artifacts. */
  readonly end: () => End;
}

/**
 * Writes a run, each batch before the next one is read. Returns the bytes that were written. If anything fails, or the signal is
 * aborted, the sink abandons the run.
 */
export async function writeBatches<End = RunEnd>(
  sink: RunSink<End>,
  { histories, artifacts, artifactTime, end }: RunBatches<End>,
  { signal }: Pick<StageContext, 'signal'>,
  progress: Progress = () => {},
): Promise<number> {
  try {
    for await (const { target, batch } of histories) {
      signal.throwIfAborted();
      failpoint('page-read');
      await sink.points(target, batch);
      failpoint('batch-written');
      progress(batch.steps.length, 0);
    }
    await sink.endMetrics();
    const time = artifactTime();
    for await (const record of artifacts) {
      signal.throwIfAborted();
      await sink.artifact(record, time);
      if (record.type === 'artifact') progress(0, record.bytes.length);
    }
    return await sink.finish(end());
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}
