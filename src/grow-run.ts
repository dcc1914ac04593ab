import { growMetric, type MetricState } from './aim/metric-state.js';
import { PointColumns } from './aim/point-columns.js';
import type { OrderedPoints } from './aim/repeated-steps.js';
import { databaseMark, removeStaged, type StagedFiles, stagedFiles } from './aim/run-files.js';
import { growRun as growAimRun, isStaged, type RunAddition } from './aim/run-grower.js';
import { type SequenceId, sequenceId } from './aim/sequence.js';
import { MAX_POINTS } from './aim/step-order.js';
import { Summarizer } from './aim/summary.js';
import { type RunEnvironment, type RunJob, type RunResult, report, type StagedRun } from './convert-run.js';
import { mapAttributes } from './mapping/attributes.js';
import { lossMessages } from './mapping/messages.js';
import { metricTarget } from './mapping/metric-target.js';
import { mapProperties } from './mapping/properties.js';
import type { MetricGrowth } from './mlflow/tracking-store.js';
import type { Notice, PointBatch, Run } from './model.js';
import { NoticeList } from './notice-list.js';
import { emptyCounts } from './report/run-report.js';
import { failpoint } from './sync/failpoints.js';
import { artifactsMark, messagesDigest, timeOf } from './sync/growth-recorder.js';
import { decodeGrowth, encodeGrowth, type GrowthState, type KnownMetric } from './sync/growth-state.js';

/** New points of a run that are held at once; more are for a conversion of the whole run, which streams. */
const MAX_NEW_POINTS = Math.min(2 ** 18, MAX_POINTS);

/** What was added to one metric. */
interface Added {
  readonly points: PointColumns;
  mark: string;
}

/** A job of which it is known how to add to it. */
export type GrowJob = RunJob & { readonly growth: string };

/**
 * Brings to the staging directory what was added to a growing run, which costs what was added and not what is there:
 * points behind those known, metrics that appear, and whatever of params, tags and header has changed. Undefined where
 * adding is not enough to end as a conversion of the whole run would: then that is what is to be done.
 */
export async function growRun(
  job: GrowJob,
  run: Run,
  marks: { readonly revision: string; readonly inputs: string },
  environment: RunEnvironment,
  header: NoticeList,
): Promise<RunResult | undefined> {
  const { repository, store, options, orders, progress } = environment;
  const { hash, ref, experiment } = job;
  const { signal } = header;
  const before = decodeGrowth(job.growth);
  const live = { meta: repository.meta(hash), seqs: repository.seqs(hash) };
  const { meta, seqs } = before.databases;
  if (databaseMark(live.meta) !== meta || databaseMark(live.seqs) !== seqs) return undefined;
  if ((await artifactsMark(store, ref, run, options.artifacts, signal)) !== before.artifacts) return undefined;

  const body = new NoticeList(signal);
  const known = new Map([...before.metrics].map(([key, { mark }]) => [key, mark]));
  const added = await collect(store.grown?.(ref, known, body), signal);
  if (added === undefined || body.notices.length > 0) return undefined;

  const grown = growMetrics(before, added, options.mapping.repeatedSteps, orders);
  if (grown === undefined) return undefined;
  const { metrics, points } = grown;
  const lastTimestamp = latest(before.lastTimestamp, added);
  const {
    properties,
    stale,
    endTime,
    staleFrom: reviewAt,
  } = mapProperties(run, experiment, lastTimestamp, options.now, options.mapping);
  if (stale !== undefined || endTime !== null || properties.creationTime !== before.creationTime) return undefined;

  const notices = [...header.notices, ...before.notices, ...metricNotices(metrics)];
  const losses = lossMessages(notices);
  const messageTime = timeOf(lastTimestamp, properties);
  const messages = messagesDigest(losses, messageTime);
  if (messages === '' && before.messages !== '') return undefined;

  const files: StagedFiles = { ...stagedFiles(repository, hash), addsTo: before.databases };
  const addition: RunAddition = {
    points,
    summaries: summariesOf(metrics),
    end: {
      attributes: mapAttributes(run, experiment, store.uri, options.mapping),
      endTime,
      messages: losses,
      messageTime,
    },
    newMessages: messages !== before.messages,
  };
  const bytesWritten = growAimRun(hash, live, files, addition);
  if (bytesWritten === undefined) return undefined;
  failpoint('batch-written');
  const pointsWritten = points.reduce((sum, { ordered }) => sum + ordered.order.order.length, 0);
  progress(pointsWritten, 0);

  const growth = encodeGrowth({
    databases: { meta: databaseMark(files.meta) ?? meta, seqs: databaseMark(files.seqs) ?? seqs },
    artifacts: before.artifacts,
    metrics,
    notices: before.notices,
    messages,
    ...(lastTimestamp !== undefined && { lastTimestamp }),
    creationTime: before.creationTime,
  });
  failpoint('run-built');
  const same = !isStaged(files);
  if (same) removeStaged(files);
  const staged: StagedRun = {
    hash,
    runId: run.id,
    ...marks,
    reviewAt,
    properties,
    ...(!same && { files }),
    ...(growth !== undefined && { growth }),
  };
  const sameProperties = job.before === undefined || JSON.stringify(job.before) === JSON.stringify(properties);
  if (same && sameProperties) return { report: report(job, 'unchanged', { run }), staged };
  const counts = {
    ...emptyCounts(),
    metrics: points.length,
    points: pointsWritten,
    pointsCollapsed: total(metrics, 'collapsed') - total(before.metrics, 'collapsed'),
    params: run.params.size,
    tags: run.tags.size,
    bytesWritten,
  };
  return { report: report(job, 'updated', { run, counts, notices }), staged };
}

/** What was added, by metric key; undefined when a metric has to be read whole, or too much was added. */
async function collect(
  growth: AsyncIterable<MetricGrowth> | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Added> | undefined> {
  if (growth === undefined) return undefined;
  const added = new Map<string, Added>();
  let count = 0;
  for await (const item of growth) {
    signal.throwIfAborted();
    if (item.type === 'rewritten') return undefined;
    let metric = added.get(item.key);
    if (metric === undefined) {
      metric = { points: new PointColumns(64), mark: '' };
      added.set(item.key, metric);
    }
    if (item.type === 'read') {
      metric.mark = item.mark;
      continue;
    }
    failpoint('page-read');
    count += item.batch.steps.length;
    if (count > MAX_NEW_POINTS) return undefined;
    metric.points.push(item.batch);
  }
  return added;
}

interface GrownMetrics {
  readonly metrics: ReadonlyMap<string, KnownMetric>;
  readonly points: { readonly sequence: SequenceId; readonly ordered: OrderedPoints }[];
}

/** All metrics as they are now, and the new points in ascending order of their sequences. */
function growMetrics(
  before: GrowthState,
  added: ReadonlyMap<string, Added>,
  policy: Parameters<typeof growMetric>[2],
  orders: Parameters<typeof growMetric>[3],
): GrownMetrics | undefined {
  const metrics = new Map(before.metrics);
  const points: { sequence: SequenceId; ordered: OrderedPoints }[] = [];
  for (const [key, { points: columns, mark }] of added) {
    const state = metrics.get(key)?.state;
    if (columns.length === 0) {
      metrics.set(key, { mark, ...(state !== undefined && { state }) });
      continue;
    }
    const grown = growMetric(state, columns.view(), policy, orders);
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

function* summariesOf(metrics: ReadonlyMap<string, KnownMetric>): Generator<{
  readonly sequence: SequenceId;
  readonly summary: ReturnType<Summarizer['finish']>;
}> {
  for (const [key, { state }] of metrics) {
    if (state !== undefined) yield { sequence: sequenceOf(key), summary: Summarizer.from(state.summary).finish() };
  }
}

/** What is told of metrics whose steps repeat. */
function metricNotices(metrics: ReadonlyMap<string, KnownMetric>): Notice[] {
  return [...metrics].flatMap(([metric, { state }]): Notice[] => {
    if (state === undefined) return [];
    const { received, collapsed, renumbered } = state;
    return [
      ...(collapsed > 0 ? [{ kind: 'points-collapsed', metric, points: collapsed } as const] : []),
      ...(renumbered ? [{ kind: 'metric-renumbered', metric, points: received } as const] : []),
    ];
  });
}

function latest(before: number | undefined, added: ReadonlyMap<string, Added>): number | undefined {
  let last = before;
  for (const { points } of added.values()) {
    const { timestamps }: PointBatch = points.view();
    for (const timestamp of timestamps) if (last === undefined || timestamp > last) last = timestamp;
  }
  return last;
}

function total(metrics: ReadonlyMap<string, KnownMetric>, field: keyof Pick<MetricState, 'collapsed'>): number {
  let sum = 0;
  for (const { state } of metrics.values()) sum += state?.[field] ?? 0;
  return sum;
}
