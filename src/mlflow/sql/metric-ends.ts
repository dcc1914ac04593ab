import type { MetricEnd } from '../common/tracking-store.js';
import type { Database, RunRows } from './database.js';
import { latestPoints } from './latest-only-metrics.js';

type MetricEnds = ReadonlyMap<string, MetricEnd | undefined>;

/** Of a run without metrics. */
export const NO_ENDS: MetricEnds = new Map();

/**
 * The number of points and the latest point of each metric of a run. Undefined of one that has only a latest point, or no latest point, as all
 * where the table of these may not be read.
 */
export async function readMetricEnds(
  database: Database,
  rows: RunRows,
  hasLatest: boolean,
  signal: AbortSignal,
): Promise<MetricEnds> {
  const counts = rows.points === 0 ? new Map<string, number>() : await database.counts(rows, signal);
  const latest = hasLatest ? await latestPoints(database, rows.runId, signal) : undefined;
  const ends = new Map<string, MetricEnd | undefined>();
  for (const key of latest?.keys() ?? []) ends.set(key, undefined);
  for (const [key, points] of counts) {
    const point = latest?.get(key);
    ends.set(key, point && { points, latest: point });
  }
  return ends;
}
