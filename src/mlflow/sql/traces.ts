import type { Experiment } from '../../model.js';
import { MAX_COUNTED_TRACES } from '../common/bounds.js';
import { chunks } from '../common/chunks.js';
import type { TraceCount } from '../common/tracking-store.js';
import { type Database, placeholders } from './database.js';

/** Counts the traces of experiments; 0 if the table does not exist (before MLflow 2.14) or cannot be read. */
export async function countSqlTraces(
  database: Database,
  experiments: readonly Experiment[],
  signal: AbortSignal,
): Promise<TraceCount> {
  const { tables } = await database.catalog(['trace_info'], signal);
  if (tables.get('trace_info')?.readable.has('experiment_id') !== true) return { traces: 0, more: false };
  let traces = 0;
  for (const ids of chunks(
    experiments.map(({ id }) => id),
    database.page,
  )) {
    const some = `SELECT 1 AS one FROM trace_info WHERE experiment_id IN ${placeholders(ids.length)} LIMIT ${MAX_COUNTED_TRACES}`;
    const sql = `SELECT COUNT(*) FROM (${some}) counted`;
    const [row] = await database.snapshot((query) => query(sql, ids), signal);
    traces += Number(row?.[0] ?? 0);
    if (traces >= MAX_COUNTED_TRACES) return { traces: MAX_COUNTED_TRACES, more: true };
  }
  return { traces, more: false };
}
