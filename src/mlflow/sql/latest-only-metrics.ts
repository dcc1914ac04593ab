import type { PointBatch, StageContext } from '../../model.js';
import type { MetricPoint } from '../common/arrival-order.js';
import type { Database, Row } from './database.js';
import { MetricColumns } from './metric-columns.js';

/** Metrics whose points somebody has deleted to save space. MLflow still shows their latest value, from a table of its own. */
const LATEST_ONLY = `FROM latest_metrics l WHERE l.run_uuid = ? AND NOT EXISTS (
  SELECT 1 FROM metrics m WHERE m.run_uuid = l.run_uuid AND m."key" = l."key")`;

/** The keys of a run's metrics that have a latest value but no points. */
export async function latestOnlyKeys(database: Database, runId: string, signal: AbortSignal): Promise<string[]> {
  const rows = await database.snapshot((query) => query(`SELECT l."key" ${LATEST_ONLY}`, [runId]), signal);
  return rows.map(([key]) => key ?? '');
}

/** Reads the latest point of such a metric, which is all that is left of its history; nothing if it has points, or no latest value. */
export async function* latestOnlyHistory(
  database: Database,
  runId: string,
  key: string,
  { signal, notice }: StageContext,
): AsyncGenerator<PointBatch, void, void> {
  const sql = `SELECT ${POINT} ${LATEST_ONLY} AND l."key" = ?`;
  const [row] = await database.snapshot((query) => query(sql, [runId, key]), signal);
  if (row === undefined) return;
  notice({ kind: 'history-missing', metric: key });
  yield pointOf(row);
}

/** The latest points of all metrics of a run that have one, as MLflow's table of them has it: highest by step, time and value. */
export async function latestPoints(
  database: Database,
  runId: string,
  signal: AbortSignal,
): Promise<Map<string, MetricPoint>> {
  const sql = `SELECT ${POINT}, l."key" FROM latest_metrics l WHERE l.run_uuid = ?`;
  const rows = await database.snapshot((query) => query(sql, [runId]), signal);
  return new Map(
    rows.map((row) => {
      const { steps, timestamps, values } = pointOf(row);
      return [row[4] ?? '', { step: steps[0]!, timestamp: timestamps[0]!, value: values[0]! }];
    }),
  );
}

const POINT = 'l.timestamp, l.value, l.step, CASE WHEN l.is_nan THEN 1 ELSE 0 END';

function pointOf([timestamp, value, step, isNan]: Row): PointBatch {
  const columns = new MetricColumns(1);
  columns.push(Number(timestamp), isNan === '1' ? Number.NaN : Number(value), step ?? '0');
  return [...columns.batches()][0]!;
}
