import { optionalField } from '../common/run-fields.js';
import type { RunTotals } from '../common/run-totals.js';
import type { Database } from './database.js';
import { milliseconds } from './fields.js';

/** Counts the runs of an experiment with one query. */
export async function sqlRunTotals(database: Database, experimentId: string, signal: AbortSignal): Promise<RunTotals> {
  const sql = `SELECT COUNT(*), SUM(CASE WHEN LOWER(lifecycle_stage) = 'deleted' THEN 1 ELSE 0 END),
    MAX(start_time), MAX(end_time) FROM runs WHERE experiment_id = ?`;
  const [row = []] = await database.snapshot((query) => query(sql, [experimentId]), signal);
  const [runs, deletedRuns, ...times] = row;
  const known = times.map(milliseconds).filter((time) => time !== undefined);
  const lastChange = known.length === 0 ? undefined : Math.max(...known);
  const counts = { runs: Number(runs ?? 0), deletedRuns: Number(deletedRuns ?? 0), unreadableRuns: 0 };
  return { ...counts, ...optionalField('lastChange', lastChange) };
}
