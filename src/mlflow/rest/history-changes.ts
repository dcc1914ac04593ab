import type { MetricChange } from '../common/tracking-store.js';
import type { HistoryClient, HistoryStart } from './history-client.js';
import {
  HistoryCursorBuilder,
  overlaps,
  parseServerHistoryCursor,
  type ServerHistoryCursor,
} from './history-cursor.js';
import type { LatestPoint } from './run-record.js';
import { byDataset, type ServerPoints, withoutFirst } from './server-points.js';

/** Metrics that are requested before those ahead of them have been taken. */
const AHEAD = 16;

/** A metric that has changed, or is new. */
interface ChangedMetric {
  readonly key: string;
  readonly cursor: ServerHistoryCursor | undefined;
  readonly latest: LatestPoint;
}

/** What a listing said of a run's metrics, and how far each has been read. */
export interface KnownHistories {
  readonly latest: ReadonlyMap<string, LatestPoint>;
  readonly cursors: ReadonlyMap<string, string>;
}

/**
 * What was added to a run's metrics since these cursors, as far as a listing shows it: it has the point with the highest step
 * of each metric. A late point with a lower step is found when the run has ended and is read whole.
 */
export async function* historyChanges(
  histories: HistoryClient,
  runId: string,
  { latest, cursors }: KnownHistories,
  signal: AbortSignal,
): AsyncGenerator<MetricChange, void, void> {
  for (const key of cursors.keys()) if (!latest.has(key)) yield { type: 'rewritten', key };
  const changed: ChangedMetric[] = [];
  for (const [key, point] of latest) {
    const text = cursors.get(key);
    const cursor = text === undefined ? undefined : parseServerHistoryCursor(text);
    if (text !== undefined && cursor === undefined) yield { type: 'rewritten', key };
    else if (cursor?.latest !== point.state) changed.push({ key, cursor, latest: point });
  }
  if (changed.length === 0) return;
  const canReadFrom = await histories.canReadFrom(signal);
  const readable = changed.filter(({ cursor }) => canReadFrom || cursor === undefined);
  for (const metric of changed) if (!readable.includes(metric)) yield { type: 'rewritten', key: metric.key };
  yield* readAhead(histories, runId, readable, signal);
}

async function* readAhead(
  histories: HistoryClient,
  runId: string,
  metrics: readonly ChangedMetric[],
  signal: AbortSignal,
): AsyncGenerator<MetricChange, void, void> {
  const leaving = new AbortController();
  const either = AbortSignal.any([signal, leaving.signal]);
  const starts: Promise<HistoryStart>[] = [];
  try {
    for (const [at, metric] of metrics.entries()) {
      for (const next of metrics.slice(starts.length, at + AHEAD)) {
        const start = begin(histories, runId, next, either);
        start.catch(() => {}); // thrown where it is awaited
        starts.push(start);
      }
      const start = await starts[at]!;
      yield* changesOf(metric, withStart(start, histories.rest(runId, metric.key, start, signal)), signal);
    }
  } finally {
    leaving.abort();
  }
}

function begin(histories: HistoryClient, runId: string, { key, cursor, latest }: ChangedMetric, signal: AbortSignal) {
  if (cursor === undefined) return histories.start(runId, key, Number(latest.step) + 1, signal);
  return histories.startFrom(runId, key, cursor.points - cursor.overlap, signal);
}

/** @param batches the points from the overlap on */
async function* changesOf(
  { key, cursor, latest }: ChangedMetric,
  batches: AsyncIterable<ServerPoints>,
  signal: AbortSignal,
): AsyncGenerator<MetricChange, void, void> {
  const builder = new HistoryCursorBuilder(cursor === undefined ? 0 : cursor.points - cursor.overlap);
  let skip = cursor?.overlap ?? 0;
  for await (const batch of batches) {
    if (cursor !== undefined && skip > 0 && !overlaps(cursor, batch)) break;
    builder.add(batch);
    for (const added of byDataset(withoutFirst(batch, skip))) {
      if (added.steps.length > 0) yield { type: 'points', key, batch: added };
    }
    skip = 0;
    signal.throwIfAborted();
  }
  // a metric without points has only its latest left, which is read as a whole
  if (skip > 0 || builder.points === 0) yield { type: 'rewritten', key };
  else yield { type: 'read', key, cursor: builder.cursor(latest.state) };
}

async function* withStart(start: HistoryStart, rest: AsyncIterable<ServerPoints>): AsyncGenerator<ServerPoints> {
  yield* start.batches;
  yield* rest;
}
