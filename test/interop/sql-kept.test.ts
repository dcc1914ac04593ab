import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { differences, expectedRuns, type RunRecord, readAim, some } from './compare.js';
import { convert, outcomes, scratch } from './harness.js';
import { python } from './python.js';
import { createRole, TABLES_READ, type TestRole } from './sql-role.js';
import { createDatabase, type TestDatabase } from './sql-server.js';

const FLAGS = ['--no-artifacts'];

describe.each(['postgresql', 'mysql'] as const)('%s: what was converted once', (dialect) => {
  let database: TestDatabase;
  let role: TestRole;
  let repo: string;

  beforeAll(async () => {
    database = await createDatabase(dialect);
    await python(['log_all_parts.py', database.uri]);
    role = await createRole(database);
    await role.grant(...TABLES_READ);
    repo = await scratch();
    expect(outcomes(await convert(role.uri, repo, FLAGS))).toEqual({ new: 1 });
  }, 120_000);
  afterAll(async () => {
    await role.drop();
    await database.drop();
  });

  /** What MLflow says with all rights; Aim's may have messages beside it. */
  async function expected(): Promise<Map<string, RunRecord>> {
    const runs = await expectedRuns(database.uri, FLAGS);
    const lenient = (run: RunRecord) => ({ ...run, log_records: { ...(run.log_records as object), optional: 9 } });
    return new Map([...runs].map(([hash, run]) => [hash, lenient(run)]));
  }

  async function inAim(): Promise<ReadonlyMap<string, RunRecord>> {
    return (await readAim(repo)).runs;
  }

  test('stays when the right to read it is taken, and what can be read follows', async () => {
    const hidden = ['tags', 'metrics', 'datasets', 'logged_models'];
    await role.revoke(...hidden);
    await database.run(`INSERT INTO params ("key", value, run_uuid) SELECT 'later', '1', run_uuid FROM runs`);
    const partial = await convert(role.uri, repo, FLAGS, 3);
    expect(outcomes(partial)).toEqual({ updated: 1 });
    expect(partial.warnings.join()).toMatch(
      /does not let this user read tags, metrics, datasets, logged_models.*GRANT SELECT/,
    );
    expect(some(differences(await expected(), await inAim()))).toBe('');

    await role.grant(...hidden);
    expect(outcomes(await convert(role.uri, repo, FLAGS))).toEqual({ updated: 1 });
    const fresh = await scratch();
    await convert(role.uri, fresh, FLAGS);
    expect(await inAim()).toEqual((await readAim(fresh)).runs);
  }, 180_000);

  test('stays when its points are deleted in MLflow', async () => {
    const before = await expected();
    await database.run('DELETE FROM metrics');
    const report = await convert(role.uri, repo, FLAGS);
    expect(report.runs.flatMap(({ notices }) => notices.map(({ kind }) => kind))).toContain('history-missing');
    expect(some(differences(before, await inAim()))).toBe('');
    expect(outcomes(await convert(role.uri, repo, FLAGS))).toEqual({ unchanged: 1 });
    expect(some(differences(before, await inAim()))).toBe('');
  }, 180_000);
});
