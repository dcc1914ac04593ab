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
import type { RepeatedSteps } from '../../policies.js';
import type { KnownMetric } from './append-state.js';

/** New points of a run that are held at once; more are for a conversion of the whole run, which streams. */
const MAX_NEW_POINTS = 2 ** 18;

/** What was added to one metric. */
interface Added {
  readonly points: PointColumns;
  mark: string;
}

export type AddedPoints = ReadonlyMap<string, Added>;

export type KnownMetrics = ReadonlyMap<string, KnownMetric>;

/** What was added, by metric key; undefined when a metric has to be read whole, or too much was added. */
export async function collectChanges(
  growth: AsyncIterable<MetricChange> | undefined,
  startTime: number | undefined,
  signal: AbortSignal,
): Promise<AddedPoints | undefined> {
  if (growth === undefined) return undefined;
  const added = new Map<string, Added>();
  let count = 0;
  for await (const item of growth) {
    signal.throwIfAborted();
    if (item.type === 'rewritten') return undefined;
    let metric = added.get(item.key);
    if (metric === undefined) {
      metric = { points: new PointColumns(), mark: '' };
      added.set(item.key, metric);
    }
    if (item.type === 'read') {
      metric.mark = item.cursor;
      continue;
    }
    failpoint('page-read');
    count += item.batch.steps.length;
    if (count > MAX_NEW_POINTS) return undefined;
    inMilliseconds(item.batch.timestamps, startTime);
    metric.points.push(item.batch);
  }
  return added;
}

export interface AppendedMetrics {
  readonly metrics: KnownMetrics;
  readonly points: { readonly sequence: SequenceId; readonly ordered: OrderedPoints }[];
}

/** All metrics as they are now, and the new points in ascending order of their sequences. */
export function appendToMetrics(
  before: KnownMetrics,
  added: AddedPoints,
  policy: RepeatedSteps,
  orders: StepOrders,
): AppendedMetrics | undefined {
  const metrics = new Map(before);
  const points: { sequence: SequenceId; ordered: OrderedPoints }[] = [];
  for (const [key, { points: columns, mark }] of added) {
    const state = metrics.get(key)?.state;
    if (columns.length === 0) {
      metrics.set(key, { mark, ...(state !== undefined && { state }) });
      continue;
    }
    const grown = appendToMetric(state, columns.view(), policy, orders);
    if (grown === undefined) return undefined;
    metrics.set(key, { mark, state: grown.state });
    points.push({ sequence: sequenceOf(key), ordered: grown.ordered });
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

/** What is told of metrics whose steps repeat. */
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
export function latestTimestamp(before: number | undefined, added: AddedPoints): number | undefined {
  let last = before;
  for (const { points } of added.values()) {
    for (const timestamp of points.view().timestamps) if (last === undefined || timestamp > last) last = timestamp;
  }
  return last;
}

/** Points of all metrics that gave way to later ones. */
export function collapsedPoints(metrics: KnownMetrics): number {
  let sum = 0;
  for (const { state } of metrics.values()) sum += state?.collapsed ?? 0;
  return sum;
}
