import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { convert, outcomes, scratch, start } from './harness.js';
import { PYTHON } from './python.js';
import { createSqliteDatabase } from './sqlite-template.js';

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), 'python/log_live.py');
const LONG = 'c'.repeat(32);
const POINTS = 50_000;

/** One run of half a million points, as MLflow would have written them. */
function fill(file: string): void {
  const database = new DatabaseSync(file);
  database.exec(`BEGIN;
    INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) VALUES (7, 'long', '/none/7', 'active');
    INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id, user_id)
      VALUES ('${LONG}', 'long', 'FINISHED', 1700000000000, 1700000060000, 'active', '/none/7/${LONG}/artifacts', 7, 'ada');
    WITH RECURSIVE step(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n < ${POINTS - 1}),
      metric(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM metric WHERE k < 9)
    INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan)
      SELECT 'metric ' || k, n / 3.0, 1700000000000 + n, '${LONG}', n, 0 FROM step, metric;
    INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan)
      SELECT key, value, timestamp, run_uuid, step, is_nan FROM metrics WHERE step = ${POINTS - 1};
    COMMIT`);
  database.close();
}

test('training with a busy timeout of a second logs throughout a conversion, without one error', async () => {
  const directory = await scratch();
  const file = join(directory, 'mlflow.db');
  await createSqliteDatabase(file);
  fill(file);
  const training = start(PYTHON, [SCRIPT, `sqlite:///${file}?timeout=1`]);
  await once(training.child.stdout!, 'data');

  const report = await convert(`sqlite:///${file}`, await scratch(), ['--no-artifacts']);
  training.child.stdin?.end();
  const { stdout, stderr, code } = await training.finished;
  expect(code === 0 ? '' : stderr).toBe('');
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { errors: string[]; batches: number };
  expect(told.errors).toEqual([]);
  expect(told.batches).toBeGreaterThan(20);
  expect(outcomes(report)).toEqual({ new: 2 });
  expect(report.runs.find(({ runId }) => runId === LONG)?.counts.points).toBe(10 * POINTS);
});
