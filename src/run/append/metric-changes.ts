import { datasetSequences } from '../../aim/dataset-sequences.js';
import { appendToMetric, type MetricState } from '../../aim/metric-state.js';
import { PointColumns } from '../../aim/point-columns.js';
import type { OrderedPoints } from '../../aim/repeated-steps.js';
import { type SequenceId, sequenceId } from '../../aim/sequence.js';
import type { StepOrders } from '../../aim/step-order.js';
import { type MetricSummary, Summarizer } from '../../aim/summary.js';
import { failpoint } from '../../failpoints.js';
import { metricSequences } from '../../mapping/metric-sequences.js';
import { inMilliseconds } from '../../mapping/point-times.js';
import type { MetricChange } from '../../mlflow/common/tracking-store.js';
import type { Notice, PointDataset } from '../../model.js';
import type { RewriteReason } from '../../outcome.js';
import type { MappingPolicy } from '../../policies.js';
import type { KnownMetric } from './append-state.js';

/** New points of a run that are held in memory; with more, the run is converted whole, which streams. */
const MAX_NEW_POINTS = 2 ** 18;

/** New points, by metric key. */
export type NewPoints = ReadonlyMap<string, NewPointsOfMetric>;

interface NewPointsOfMetric {
  /** By dataset, with those of no dataset under ''. */
  readonly series: Map<string, NewSeries>;
  /** The read position behind them. */
  cursor: string;
}

interface NewSeries {
  readonly dataset: PointDataset | undefined;
  readonly points: PointColumns;
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
      metric = { series: new Map(), cursor: '' };
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
    seriesOf(metric, change.batch.dataset).points.push(change.batch);
  }
  return found;
}

function seriesOf({ series }: NewPointsOfMetric, dataset: PointDataset | undefined): NewSeries {
  const id = idOf(dataset);
  const found = series.get(id) ?? { dataset, points: new PointColumns() };
  series.set(id, found);
  return found;
}

function idOf(dataset: PointDataset | undefined): string {
  return dataset === undefined ? '' : JSON.stringify([dataset.name, dataset.digest]);
}

interface AppendedSequence {
  readonly sequence: SequenceId;
  readonly ordered: OrderedPoints;
}

export interface AppendedMetrics {
  readonly metrics: KnownMetrics;
  readonly points: readonly AppendedSequence[];
}

/** How points become sequences. */
export type PointPolicy = Pick<MappingPolicy, 'repeatedSteps' | 'contexts'>;

/** All metrics as they are now, and the new points in ascending order of their sequences. */
export function appendToMetrics(
  before: KnownMetrics,
  newPoints: NewPoints,
  policy: PointPolicy,
  orders: StepOrders,
): AppendedMetrics | RewriteReason {
  const metrics = new Map(before);
  const appended: { key: string; series: NewSeries; ordered: OrderedPoints }[] = [];
  for (const [key, { series, cursor }] of newPoints) {
    let metric: KnownMetric = { ...metrics.get(key), cursor };
    for (const one of series.values()) {
      const added = appendToMetric(stateOf(metric, one.dataset), one.points.view(), policy.repeatedSteps, orders);
      if (added === undefined) return 'step-order';
      metric = withState(metric, one.dataset, added.state);
      appended.push({ key, series: one, ordered: added.ordered });
    }
    metrics.set(key, metric);
  }
  const sequenceOf = sequencesOf(metrics, policy);
  const sequenceBefore = sequencesOf(before, policy);
  for (const [key, { datasets = [] }] of before) {
    for (const dataset of [undefined, ...datasets.map((known) => known.dataset)]) {
      if (sequenceOf(key, dataset).key !== sequenceBefore(key, dataset).key) return 'metric-moved';
    }
  }
  const points = appended.map(({ key, series, ordered }) => ({ sequence: sequenceOf(key, series.dataset), ordered }));
  points.sort((a, b) => (a.sequence.key < b.sequence.key ? -1 : 1));
  return { metrics, points };
}

function stateOf({ state, datasets = [] }: KnownMetric, dataset: PointDataset | undefined): MetricState | undefined {
  if (dataset === undefined) return state;
  return datasets.find((known) => idOf(known.dataset) === idOf(dataset))?.state;
}

function withState(metric: KnownMetric, dataset: PointDataset | undefined, state: MetricState): KnownMetric {
  if (dataset === undefined) return { ...metric, state };
  const others = (metric.datasets ?? []).filter((known) => idOf(known.dataset) !== idOf(dataset));
  return { ...metric, datasets: [...others, { dataset, state }] };
}

/** The sequences of a run's metrics: which they are depends on all of them. */
function sequencesOf(
  metrics: KnownMetrics,
  { contexts }: PointPolicy,
): (key: string, dataset: PointDataset | undefined) => SequenceId {
  const sequences = metricSequences(metrics.keys(), contexts);
  return (key, dataset) => {
    const { name, context } = sequences.of(key);
    const datasets = metrics.get(key)?.datasets ?? [];
    return datasetSequences(
      sequenceId(name, context),
      datasets.map((known) => known.dataset),
    )(dataset);
  };
}

export function* summariesOf(
  metrics: KnownMetrics,
  policy: PointPolicy,
): Generator<{ readonly sequence: SequenceId; readonly summary: MetricSummary }> {
  const sequenceOf = sequencesOf(metrics, policy);
  for (const [key, metric] of metrics) {
    for (const { dataset, state } of statesOf(metric)) {
      yield { sequence: sequenceOf(key, dataset), summary: Summarizer.from(state.summary).finish() };
    }
  }
}

/** The states of all sequences of a metric. */
function statesOf({
  state,
  datasets = [],
}: KnownMetric): { readonly dataset?: PointDataset; readonly state: MetricState }[] {
  return [...(state === undefined ? [] : [{ state }]), ...datasets];
}

/** The notices of metrics whose steps repeat, or that keep their own names. */
export function metricNotices(metrics: KnownMetrics, { contexts }: PointPolicy): Notice[] {
  const ofPoints = [...metrics].flatMap(([metric, known]): Notice[] => {
    const states = statesOf(known).map(({ state }) => state);
    const collapsed = sum(states.map((state) => state.collapsed));
    const renumbered = sum(states.map((state) => (state.renumbered ? state.received : 0)));
    return [
      ...(collapsed > 0 ? [{ kind: 'points-collapsed', metric, points: collapsed } as const] : []),
      ...(renumbered > 0 ? [{ kind: 'metric-renumbered', metric, points: renumbered } as const] : []),
    ];
  });
  return [...ofPoints, ...metricSequences(metrics.keys(), contexts).clashes];
}

/** The time of the latest point, milliseconds. */
export function latestTimestamp(before: number | undefined, newPoints: NewPoints): number | undefined {
  let last = before;
  for (const { series } of newPoints.values()) {
    for (const { points } of series.values()) {
      for (const timestamp of points.view().timestamps) if (last === undefined || timestamp > last) last = timestamp;
    }
  }
  return last;
}

/** How many points of all metrics were replaced by later ones at their step. */
export function collapsedPoints(metrics: KnownMetrics): number {
  return sum([...metrics.values()].flatMap(statesOf).map(({ state }) => state.collapsed));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
