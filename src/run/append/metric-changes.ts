import { appendToMetric } from '../../aim/metric-state.js';
import { PointColumns } from '../../aim/point-columns.js';
import type { OrderedPoints } from '../../aim/repeated-steps.js';
import { type SequenceId, sequenceId } from '../../aim/sequence.js';
import type { StepOrders } from '../../aim/step-order.js';
import { type MetricSummary, Summarizer } from '../../aim/summary.js';
import { failpoint } from '../../failpoints.js';
import { metricTarget } from '../../mapping/metric-target.js';
import { inMilliseconds } from '../../mapping/point-times.js';
import type { MetricChange } from '../../mlflow/common/tracking-store.js';
import type { Notice } from '../../model.js';
import type { RewriteReason } from '../../outcome.js';
import type { RepeatedSteps } from '../../policies.js';
import type { KnownMetric } from './append-state.js';

/** New points of a run that are held in memory; with more, the run is converted whole, which streams. */
const MAX_NEW_POINTS = 2 ** 18;

/** New points, by metric key. */
export type NewPoints = ReadonlyMap<string, NewPointsOfMetric>;

interface NewPointsOfMetric {
  readonly points: PointColumns;
  /** The read position behind them. */
  cursor: string;
}

export type KnownMetrics = ReadonlyMap<string, KnownMetric>;

/** Gathers the new points of all metrics, unless a metric must be read whole or there are too many. */
export async function collectNewPoints(
  changes: AsyncIterable<MetricChange>,
  startTime: number | undefined,
  signal: AbortSignal,
): Promise<NewPoints | RewriteReason> {
  const found = new Map<string, NewPointsOfMetric>();
  let count = 0;
  for await (const change of changes) {
    signal.throwIfAborted();
    if (change.type === 'rewritten') return 'history-rewritten';
    let metric = found.get(change.key);
    if (metric === undefined) {
      metric = { points: new PointColumns(), cursor: '' };
      found.set(change.key, metric);
    }
    if (change.type === 'read') {
      metric.cursor = change.cursor;
      continue;
    }
    failpoint('page-read');
    count += change.batch.steps.length;
    if (count > MAX_NEW_POINTS) return 'too-much';
    inMilliseconds(change.batch.timestamps, startTime);
    metric.points.push(change.batch);
  }
  return found;
}

export interface AppendedMetrics {
  readonly metrics: KnownMetrics;
  readonly points: { readonly sequence: SequenceId; readonly ordered: OrderedPoints }[];
}

/** All metrics as they are now, and the new points in ascending order of their sequences. */
export function appendToMetrics(
  before: KnownMetrics,
  newPoints: NewPoints,
  policy: RepeatedSteps,
  orders: StepOrders,
): AppendedMetrics | RewriteReason {
  const metrics = new Map(before);
  const points: { sequence: SequenceId; ordered: OrderedPoints }[] = [];
  for (const [key, { points: columns, cursor }] of newPoints) {
    const state = metrics.get(key)?.state;
    if (columns.length === 0) {
      metrics.set(key, { cursor, ...(state !== undefined && { state }) });
      continue;
    }
    const appended = appendToMetric(state, columns.view(), policy, orders);
    if (appended === undefined) return 'step-order';
    metrics.set(key, { cursor, state: appended.state });
    points.push({ sequence: sequenceOf(key), ordered: appended.ordered });
  }
  points.sort((a, b) => (a.sequence.key < b.sequence.key ? -1 : 1));
  return { metrics, points };
}

function sequenceOf(key: string): SequenceId {
  const { name, context } = metricTarget(key);
  return sequenceId(name, context);
}

export function* summariesOf(
  metrics: KnownMetrics,
): Generator<{ readonly sequence: SequenceId; readonly summary: MetricSummary }> {
  for (const [key, { state }] of metrics) {
    if (state !== undefined) yield { sequence: sequenceOf(key), summary: Summarizer.from(state.summary).finish() };
  }
}

/** The notices of metrics whose steps repeat. */
export function metricNotices(metrics: KnownMetrics): Notice[] {
  return [...metrics].flatMap(([metric, { state }]): Notice[] => {
    if (state === undefined) return [];
    const { received, collapsed, renumbered } = state;
    return [
      ...(collapsed > 0 ? [{ kind: 'points-collapsed', metric, points: collapsed } as const] : []),
      ...(renumbered ? [{ kind: 'metric-renumbered', metric, points: received } as const] : []),
    ];
  });
}

/** The time of the latest point, milliseconds. */
export function latestTimestamp(before: number | undefined, newPoints: NewPoints): number | undefined {
  let last = before;
  for (const { points } of newPoints.values()) {
    for (const timestamp of points.view().timestamps) if (last === undefined || timestamp > last) last = timestamp;
  }
  return last;
}

/** How many points of all metrics were replaced by later ones at their step. */
export function collapsedPoints(metrics: KnownMetrics): number {
  let sum = 0;
  for (const { state } of metrics.values()) sum += state?.collapsed ?? 0;
  return sum;
}
