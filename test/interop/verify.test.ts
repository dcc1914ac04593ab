import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { convert, fillStore, makeStore, PROJECT, type Shape, scratch } from './harness.js';
import { serveMlflow } from './mlflow-server.js';
import { aim, python } from './python.js';
import { createSqliteDatabase } from './sqlite-template.js';
import { expectSound, type Verified, verify } from './verifying.js';

/** Converts a source into a new repository and verifies that: nothing may be wrong. */
async function isVerified(source: string, flags: readonly string[] = [], code = 0): Promise<Verified> {
  const repo = await scratch();
  await convert(source, repo, flags, code);
  return expectSound(source, repo, flags.includes('--include-deleted') ? ['--include-deleted'] : [], code);
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

  test('figures and values tracked by it', async () => {
    // in runs of its own, which MLflow does not have
    await python(['track_everything.py', repo]);
    const verified = await verify(store, repo);
    expect(verified).toMatchObject({ code: 0, wrong: [] });
    expect(verified.verdicts).toContain('extra');
  });

  test('an index made anew, and files that Aim has compacted', async () => {
    await aim('storage', '--repo', repo, 'reindex', '--yes');
    const chunks = join(repo, '.aim', 'seqs', 'chunks');
    await python(['compact_rocks.py', ...(await readdir(chunks)).map((hash) => join(chunks, hash))]);
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

test('of runs that `aim runs cp` has copied, rows alone are not as mlflow2aim writes them', async () => {
  const [store, repo, other] = [await makeStore('small'), await scratch(), await scratch()];
  await convert(store, repo);
  await aim('init', '--repo', other);
  await aim('runs', '--repo', repo, 'cp', '--destination', other, '*');
  const { wrong, verdicts } = await verify(store, other);
  expect(verdicts).toEqual(['differs']);
  // without a ledger nobody knows what was written there
  expect(wrong.filter((line) => !/"code":"(property-differs|note-missing|label-missing)"/.test(line))).toEqual([]);
});
