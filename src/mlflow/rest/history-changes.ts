import type { PointBatch } from '../../model.js';
import type { MetricChange } from '../common/tracking-store.js';
import type { HistoryClient, HistoryStart } from './histories.js';
import { HistoryTail, overlaps, parseTailCursor, type TailCursor } from './history-tail.js';
import type { LatestPoint } from './run-record.js';

/** Metrics that are asked for before those that come first have been taken. */
const AHEAD = 16;

/** A metric of which there is something to be read. */
interface Changed {
  readonly key: string;
  readonly known: TailCursor | undefined;
  readonly latest: LatestPoint;
}

/**
 * What was added to a run's metrics behind these marks, as far as a listing shows that they have changed: it names the point
 * with the highest step of each, so that a late one with a lower step is found when the run has ended and is read whole.
 *
 * @param latest the metrics that the run has, as they were listed
 */
export async function* historyChanges(
  histories: HistoryClient,
  runId: string,
  latest: ReadonlyMap<string, LatestPoint>,
  marks: ReadonlyMap<string, string>,
  signal: AbortSignal,
): AsyncGenerator<MetricChange, void, void> {
  for (const key of marks.keys()) if (!latest.has(key)) yield { type: 'rewritten', key };
  const changed: Changed[] = [];
  for (const [key, point] of latest) {
    const mark = marks.get(key);
    const known = mark === undefined ? undefined : parseTailCursor(mark);
    if (mark !== undefined && known === undefined) yield { type: 'rewritten', key };
    else if (known?.latest !== point.state) changed.push({ key, known, latest: point });
  }
  if (changed.length === 0) return;
  const canGoOn = await histories.canGoOn(signal);
  const begun = changed.filter(({ known }) => canGoOn || known === undefined);
  for (const metric of changed) if (!begun.includes(metric)) yield { type: 'rewritten', key: metric.key };
  const leaving = new AbortController();
  const either = AbortSignal.any([signal, leaving.signal]);
  const starts: Promise<HistoryStart>[] = [];
  try {
    for (const [at, metric] of begun.entries()) {
      for (const next of begun.slice(starts.length, at + AHEAD)) {
        const start = begin(histories, runId, next, either);
        start.catch(() => {}); // whoever waits for it hears of it
        starts.push(start);
      }
      yield* pointsOf(histories, runId, metric, await starts[at]!, signal);
    }
  } finally {
    leaving.abort();
  }
}

function begin(histories: HistoryClient, runId: string, { key, known, latest }: Changed, signal: AbortSignal) {
  if (known === undefined) return histories.start(runId, key, Number(latest.step) + 1, signal);
  return histories.from(runId, key, known.points - known.overlap, signal);
}

async function* pointsOf(
  histories: HistoryClient,
  runId: string,
  { key, known, latest }: Changed,
  start: HistoryStart,
  signal: AbortSignal,
): AsyncGenerator<MetricChange, void, void> {
  const tail = new HistoryTail(known === undefined ? 0 : known.points - known.overlap);
  let skip = known?.overlap ?? 0;
  for await (const batch of all(histories.rest(runId, key, start, signal), start.batches)) {
    if (known !== undefined && skip > 0 && !overlaps(known, batch)) break;
    tail.passed(batch);
    const added = behind(batch, skip);
    skip = 0;
    if (added.steps.length > 0) yield { type: 'points', key, batch: added };
    signal.throwIfAborted();
  }
  // of a metric without points only the latest is left, which reading it whole tells
  if (skip > 0 || tail.points === 0) yield { type: 'rewritten', key };
  else yield { type: 'read', key, cursor: tail.mark(latest.state) };
}

async function* all(rest: AsyncIterable<PointBatch>, first: readonly PointBatch[]): AsyncGenerator<PointBatch> {
  yield* first;
  yield* rest;
}

function behind({ steps, values, timestamps }: PointBatch, count: number): PointBatch {
  if (count === 0) return { steps, values, timestamps };
  return { steps: steps.slice(count), values: values.slice(count), timestamps: timestamps.slice(count) };
}
