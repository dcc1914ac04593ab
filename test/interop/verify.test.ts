import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { VerifyTotals } from '../../src/verify/session/verify-totals.js';
import { convert, fillStore, makeStore, mlflow2aim, PROJECT, type Shape, scratch } from './harness.js';
import { serveMlflow } from './mlflow-server.js';
import { aim, python } from './python.js';
import { createSqliteDatabase } from './sqlite-template.js';

interface Verified {
  readonly code: number | null;
  readonly totals: VerifyTotals;
  /** The verdicts that there were. */
  readonly verdicts: readonly string[];
  /** What nothing explains. */
  readonly wrong: readonly string[];
}

/** What `mlflow2aim verify` says. */
async function verify(source: string, repo: string, flags: readonly string[] = []): Promise<Verified> {
  const file = join(await scratch(), 'differences.jsonl');
  const args = ['verify', '--tracking-uri', source, '--repo', repo, '--json', '--differences', file, ...flags];
  const { code, stdout } = await mlflow2aim(args);
  const { totals } = JSON.parse(stdout) as { readonly totals: VerifyTotals };
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('"severity":"error"'));
  const verdicts = Object.entries(totals.runs).flatMap(([verdict, count]) => (count > 0 ? [verdict] : []));
  return { code, totals, verdicts: verdicts.sort(), wrong: lines.slice(0, 10) };
}

/** Converts a source into a new repository and verifies that: nothing may be wrong. */
async function isVerified(source: string, flags: readonly string[] = [], code = 0): Promise<Verified> {
  const repo = await scratch();
  await convert(source, repo, flags, code);
  const verified = await verify(source, repo, flags.includes('--include-deleted') ? ['--include-deleted'] : []);
  expect(verified.wrong).toEqual([]);
  expect(verified).toMatchObject({ code, totals: { runs: { differs: 0, missing: 0, extra: 0, behind: 0 } } });
  return verified;
}

describe('what was converted from a file store is as it has to be', () => {
  const CASES: readonly (readonly [Shape, readonly string[], number])[] = [
    ['edge', [], 0],
    ['edge', ['--include-deleted', '--repeated-steps', 'split', '--raw-params'], 0],
    ['artifacts', ['--terminal-log', 'text/*.log'], 0],
    ['artifacts', ['--exclude-artifacts', '*.png', '--repeated-steps', 'last'], 0],
    // the files of one of the old runs are in a bucket that is not there
    ['old', ['--include-deleted', '--repeated-steps', 'index'], 3],
  ];

  test.each(CASES)('%s %j', async (shape, flags, code) => {
    expect((await isVerified(await makeStore(shape), flags, code)).totals.points).toBeGreaterThanOrEqual(0);
  });
});

test.each(['1.30.1', '2.9.2', '2.22.1'])('a database of MLflow %s', async (version) => {
  const directory = await scratch();
  await cp(join(PROJECT, 'test/interop/databases', version), directory, { recursive: true });
  await isVerified(`sqlite:///${join(directory, 'mlflow.db')}`);
});

test('a database of this MLflow', async () => {
  const database = join(await scratch(), 'm.db');
  await createSqliteDatabase(database);
  await fillStore('edge', `sqlite:///${database}`);
  await isVerified(`sqlite:///${database}`);
});

test('a tracking server', async () => {
  const server = await serveMlflow();
  for (const shape of ['edge', 'artifacts'] as const) await fillStore(shape, server.url);
  const { totals } = await isVerified(server.url);
  expect(totals.files).toBeGreaterThan(10);
});

describe("what a person does with Aim's SDK is no fault", () => {
  let store: string;
  let repo: string;
  let run: string;

  beforeAll(async () => {
    store = await makeStore('small');
    repo = await scratch();
    await convert(store, repo);
    run = (await python(['change_run.py', store, 'tag'])).trim();
    await convert(store, repo);
  });

  test.each(['rename', 'tag', 'archive', 'continue'])('%s', async (action) => {
    await python(['touch_aim.py', action, repo, run]);
    const verified = await verify(store, repo);
    expect(verified.wrong).toEqual([]);
    expect(verified).toMatchObject({
      code: 0,
      verdicts: ['changed-in-aim', 'equal'],
      totals: { runs: { 'changed-in-aim': 1 } },
    });
  });

  test('an index made anew', async () => {
    await aim('storage', '--repo', repo, 'reindex', '--yes');
    expect(await verify(store, repo)).toMatchObject({ code: 0, wrong: [] });
  });
});

test('what MLflow has got since is missing in Aim until the next conversion', async () => {
  const [store, repo] = [await makeStore('small'), await scratch()];
  await convert(store, repo);
  await python(['change_run.py', store, 'point']);
  const verified = await verify(store, repo);
  expect(verified).toMatchObject({ code: 4, verdicts: ['differs', 'equal'] });
  expect(verified.wrong).toEqual([expect.stringMatching(/"code":"point-missing".*"sequence":"loss".*"step":"20"/)]);
  await convert(store, repo);
  expect(await verify(store, repo)).toMatchObject({ code: 0, verdicts: ['equal'] });
});
