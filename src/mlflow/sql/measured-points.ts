import { ConvertError } from '../../errors.js';
import { MAX_MEASURED_POINTS } from '../common/bounds.js';
import { MeasuredOfRuns, MeasuredPoints } from '../common/measured-points.js';
import { type Database, placeholders } from './database.js';

/** How many points of these runs models have with their dataset (MLflow ≥ 3); a run without any is missing in the result. */
export async function countMeasured(
  database: Database,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const sql = `SELECT run_id, COUNT(*) FROM logged_model_metrics
    WHERE dataset_name IS NOT NULL AND run_id IN ${placeholders(runIds.length)} GROUP BY run_id`;
  const rows = await database.snapshot((query) => query(sql, runIds), signal);
  return new Map(rows.map(([runId, count]) => [runId ?? '', Number(count)]));
}

/** The points of runs that models have with their dataset: the table of metrics has no column for it. */
export class MeasuredRuns extends MeasuredOfRuns {
  constructor(database: Database) {
    super(({ runId }, signal) => readMeasured(database, runId, signal));
  }
}

async function readMeasured(database: Database, runId: string, signal: AbortSignal): Promise<MeasuredPoints> {
  const [key, name] = [database.text('metric_name'), database.text('dataset_name')];
  const sql = `SELECT ${key}, metric_timestamp_ms, metric_step, metric_value, ${name}, dataset_digest
    FROM logged_model_metrics WHERE run_id = ? AND dataset_name IS NOT NULL LIMIT ${MAX_MEASURED_POINTS + 1}`;
  const rows = await database.snapshot((query) => query(sql, [runId]), signal);
  if (rows.length > MAX_MEASURED_POINTS) throw tooMany(runId);
  return new MeasuredPoints(
    rows.map((row) => ({
      key: row[0] ?? '',
      timestamp: Number(row[1]),
      step: row[2] ?? '0',
      value: Number(row[3]),
      dataset: { name: row[4] ?? '', digest: row[5] ?? '' },
    })),
  );
}

function tooMany(runId: string): ConvertError {
  const message = `Models have more than ${MAX_MEASURED_POINTS} points of run ${runId} with their dataset.`;
  return new ConvertError('skip-run', 'too-large', message);
}
