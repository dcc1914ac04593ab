import type { PointBatch } from '../../model.js';
import type { Database } from './database.js';
import { MetricColumns } from './metric-columns.js';

/** Metrics whose points somebody has deleted to save space. MLflow still shows their latest value, from a table of its own. */
const LATEST_ONLY = `FROM latest_metrics l WHERE l.run_uuid = ? AND NOT EXISTS (
  SELECT 1 FROM metrics m WHERE m.run_uuid = l.run_uuid AND m."key" = l."key")`;

/** The keys of a run's metrics that have a latest value but no points. */
export async function latestOnlyKeys(database: Database, runId: string, signal: AbortSignal): Promise<string[]> {
  const rows = await database.snapshot((query) => query(`SELECT l."key" ${LATEST_ONLY}`, [runId]), signal);
  return rows.map(([key]) => key ?? '');
}

/** The latest point of such a metric; undefined if it has points, or no latest value. */
export async function latestPoint(
  database: Database,
  runId: string,
  key: string,
  signal: AbortSignal,
): Promise<PointBatch | undefined> {
  const sql = `SELECT l.timestamp, l.value, l.step, CASE WHEN l.is_nan THEN 1 ELSE 0 END ${LATEST_ONLY} AND l."key" = ?`;
  const [row] = await database.snapshot((query) => query(sql, [runId, key]), signal);
  if (row === undefined) return undefined;
  const [timestamp, value, step, isNan] = row;
  const columns = new MetricColumns(1);
  columns.push(Number(timestamp), isNan === '1' ? Number.NaN : Number(value), step ?? '0');
  return [...columns.batches()][0];
}
