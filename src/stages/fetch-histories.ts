import type { MetricTarget } from '../aim/metrics-writer.js';
import { sequenceId } from '../aim/sequence.js';
import { metricTarget } from '../mapping/metric-target.js';
import { inMilliseconds } from '../mapping/point-times.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { PointBatch, RunRef, StageContext } from '../model.js';

/** Some points of one metric, and where they go. */
export interface HistoryBatch {
  readonly target: MetricTarget;
  readonly batch: PointBatch;
}

/**
 * Reads all metric histories of a run, one metric after the other in the order in which Aim stores them, so that the
 * writer can pass them on as they come. The next batch is read when it is asked for. `marked` hears the source's mark
 * behind each history, where it has such marks.
 *
 * @param startTime of the run, milliseconds since the epoch: what tells times in seconds from times in milliseconds
 */
export async function* fetchHistories(
  store: Pick<TrackingStore, 'metricKeys' | 'history'>,
  ref: RunRef,
  context: StageContext,
  marked?: (key: string, mark: string) => void,
  startTime?: number,
): AsyncGenerator<HistoryBatch> {
  const targets = (await store.metricKeys(ref, context)).map(targetOf);
  targets.sort((a, b) => (a.sequence.key < b.sequence.key ? -1 : 1));
  for (const target of targets) {
    const behind = marked === undefined ? undefined : (mark: string) => marked(target.key, mark);
    for await (const batch of store.history(ref, target.key, context, behind)) {
      context.signal.throwIfAborted();
      inMilliseconds(batch.timestamps, startTime);
      yield { target, batch };
    }
  }
}

function targetOf(key: string): MetricTarget {
  const { name, context } = metricTarget(key);
  return { key, sequence: sequenceId(name, context) };
}
