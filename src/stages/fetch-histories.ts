import type { MetricTarget } from '../aim/metrics-writer.js';
import { sequenceId } from '../aim/sequence.js';
import { metricSequences } from '../mapping/metric-sequences.js';
import type { SequenceName } from '../mapping/metric-target.js';
import { inMilliseconds } from '../mapping/point-times.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { Notice, PointBatch, RunRef, StageContext } from '../model.js';
import type { ContextRule } from '../policies.js';

/** Some points of one metric, and where they go. */
export interface HistoryBatch {
  readonly target: MetricTarget;
  readonly batch: PointBatch;
}

export interface HistoryOptions {
  /** Of the run, milliseconds since the epoch; by it, times in seconds are told from times in milliseconds. */
  readonly startTime?: number | undefined;
  /** Called with the source's cursor behind each history, if the source has cursors. */
  readonly onCursor?: ((key: string, cursor: string) => void) | undefined;
  readonly contexts?: readonly ContextRule[];
  /** Takes note of metrics that would have shared a sequence because of {@link contexts}. */
  readonly onClash?: (notice: Notice) => void;
}

/**
 * Reads all metric histories of a run, one after the other, in the order in which Aim stores them. Each batch is read when it
 * is asked for.
 */
export async function* fetchHistories(
  store: Pick<TrackingStore, 'metricKeys' | 'history'>,
  ref: RunRef,
  context: StageContext,
  { startTime, onCursor, contexts = [], onClash }: HistoryOptions = {},
): AsyncGenerator<HistoryBatch> {
  const keys = await store.metricKeys(ref, context);
  const sequences = metricSequences(keys, contexts);
  for (const clash of sequences.clashes) onClash?.(clash);
  const targets = keys.map((key) => targetOf(key, sequences.of(key)));
  targets.sort((a, b) => (a.sequence.key < b.sequence.key ? -1 : 1));
  for (const target of targets) {
    const { key } = target;
    const cursorOfKey = onCursor && ((cursor: string) => onCursor(key, cursor));
    for await (const batch of store.history(ref, key, context, cursorOfKey)) {
      context.signal.throwIfAborted();
      inMilliseconds(batch.timestamps, startTime);
      yield { target, batch };
    }
  }
}

function targetOf(key: string, { name, context }: SequenceName): MetricTarget {
  return { key, sequence: sequenceId(name, context) };
}
