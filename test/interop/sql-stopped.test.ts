import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CLI, type Report, scratch, start } from './harness.js';
import { createDatabase, type ServerDialect, type TestDatabase } from './sql-server.js';

const RUN = 'a'.repeat(32);
/** More than is held in memory, and than fits into the buffers of sockets. */
const POINTS = 1_500_000;

const NUMBERS: Readonly<Record<ServerDialect, string>> = {
  postgresql: `generate_series(0, ${POINTS - 1}) AS numbers(n)`,
  mysql: `(SELECT seq AS n FROM seq_0_to_${POINTS - 1}) numbers`,
};

/** How many of our queries the server is working on, or waits to be rid of. */
const READING: Readonly<Record<ServerDialect, string>> = {
  postgresql: `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
    AND query LIKE 'COPY (SELECT%ORDER BY%' AND state = 'active'`,
  mysql: `SELECT count(*) AS n FROM information_schema.processlist WHERE db = database()
    AND info LIKE 'SELECT timestamp, step%ORDER BY%' AND time_ms > 500`,
};

/** A run that is long in reading. */
async function longRun(dialect: ServerDialect): Promise<TestDatabase> {
  const database = await createDatabase(dialect);
  await database.run(`INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, workspace)
    VALUES (7, 'long', '/none/7', 'active', 'default')`);
  await database.run(`INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri,
    experiment_id, user_id) VALUES ('${RUN}', 'long', 'FINISHED', 1700000000000, 1700000060000, 'active', '', 7, 'ada')`);
  await database.run(`INSERT INTO metrics ("key", value, timestamp, run_uuid, step, is_nan)
    SELECT 'loss', n / 3.0, 1700000000000 + n, '${RUN}', n, false FROM ${NUMBERS[dialect]}`);
  await database.run(`INSERT INTO latest_metrics ("key", value, timestamp, run_uuid, step, is_nan)
    SELECT "key", value, timestamp, run_uuid, step, is_nan FROM metrics WHERE step = ${POINTS - 1}`);
  return database;
}

/** Stops a conversion while it reads; resolves when it has gone on and ended, with what it reports. */
async function stoppedConversion(dialect: ServerDialect, database: TestDatabase): Promise<Report> {
  const [repo, report] = [await scratch(), join(await scratch(), 'report.json')];
  const args = ['convert', '--tracking_uri', database.uri, '--repo', repo, '--report', report];
  const { child, finished } = start(process.execPath, [CLI, ...args]);
  try {
    while (Number((await database.rows(READING[dialect]))[0]?.n) === 0) {
      expect(child.exitCode).toBeNull();
    }
    child.kill('SIGSTOP');
    const began = performance.now();
    await database.run('ALTER TABLE metrics ADD COLUMN unused integer');
    expect(performance.now() - began).toBeLessThan(90_000);
  } finally {
    child.kill('SIGCONT');
  }
  const { code, stderr } = await finished;
  expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  return JSON.parse(await readFile(report, 'utf8')) as Report;
}

// at the same time, since most of it is the waiting of the two servers
test.concurrent.each(['postgresql', 'mysql'] as const)(
  '%s: a conversion that was stopped lets go of the tables within a minute, and goes on when it is awake',
  async (dialect) => {
    const database = await longRun(dialect);
    try {
      const { runs } = await stoppedConversion(dialect, database);
      expect(runs.map(({ outcome, counts }) => [outcome, counts.points])).toEqual([['new', POINTS]]);
    } finally {
      await database.drop();
    }
  },
  240_000,
);
