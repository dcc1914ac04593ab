import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { below, changedFiles, tree } from './files.js';
import { convert, makeStore, mlflow2aim, scratch } from './harness.js';
import { python } from './python.js';

async function aimRepo(...flags: string[]): Promise<{ repo: string; own: string[] }> {
  const repo = await scratch();
  return { repo, own: JSON.parse(await python(['make_aim_repo.py', repo, ...flags])) as string[] };
}

test.each([
  ['with an index of its own', '--reindex'],
  ['whose index is still empty', ''],
  ['that has no index at all', '--no-index'],
])('runs are added to a repository %s; its own runs stay as they are, and all are found', async (_name, flag) => {
  const { repo, own } = await aimRepo(...(flag === '' ? [] : [flag]));
  const chunks = own.flatMap((hash) => [`meta/chunks/${hash}`, `seqs/chunks/${hash}`]);
  const before = below(await tree(join(repo, '.aim')), ...chunks);
  const store = await makeStore('small');
  await convert(store, repo);
  expect(changedFiles(before, below(await tree(join(repo, '.aim')), ...chunks))).toEqual([]);

  const read = await readAim(repo);
  expect([...read.runs.keys()].filter((hash) => own.includes(hash)).sort()).toEqual([...own].sort());
  const converted = new Map([...read.runs].filter(([hash]) => !own.includes(hash)));
  expect(some(differences(await expectedRuns(store), converted))).toBe('');
  expect(read.indexProblems).toEqual([]);
});

test("Aim's own runs read the same before and after", async () => {
  const { repo, own } = await aimRepo('--reindex');
  const before = await readAim(repo);
  await convert(await makeStore('small'), repo);
  const after = await readAim(repo);
  for (const hash of own) expect(after.runs.get(hash)).toEqual(before.runs.get(hash));
});

test('what Aim adds to and indexes afterwards is still whole', async () => {
  const { repo } = await aimRepo('--reindex');
  const store = await makeStore('small');
  await convert(store, repo);
  await python(['make_aim_repo.py', repo, '--reindex']);
  const read = await readAim(repo);
  expect(read.indexProblems).toEqual([]);
  expect(read.runs.size).toBe(6 + 6);
});

const REFUSED: [string, (repo: string) => Promise<unknown>][] = [
  ['of a newer version', (repo) => writeFile(join(repo, '.aim/VERSION'), '1.4\n')],
  ['of an older version', (repo) => writeFile(join(repo, '.aim/VERSION'), '1.2\n')],
  ['without a version', (repo) => rm(join(repo, '.aim/VERSION'))],
  ['of an unknown schema', (repo) => python(['-c', SET_REVISION, join(repo, '.aim/run_metadata.sqlite')])],
];
const SET_REVISION =
  'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("UPDATE alembic_version SET version_num = \'fedcba987654\'"); c.commit()';

test.each(REFUSED)('a repository %s is refused, and nothing of it is touched', async (_name, spoil) => {
  const { repo } = await aimRepo('--reindex');
  const store = await makeStore('small');
  await spoil(repo);
  const before = await tree(repo, true);
  const { code, stdout, stderr } = await mlflow2aim(['convert', '--tracking_uri', store, '--repo', repo]);
  expect(code).toBe(1);
  expect(stdout + stderr).toContain(repo);
  expect(changedFiles(before, await tree(repo, true))).toEqual([]);
});

test('a source that is not there is one clear sentence, and no repository is made', async () => {
  const repo = join(await scratch(), 'repo');
  const { code, stderr } = await mlflow2aim(['convert', '--tracking_uri', '/nonexistent/mlruns', '--repo', repo]);
  expect(code).toBe(1);
  expect(stderr).toContain('/nonexistent/mlruns');
  expect(existsSync(join(repo, '.aim'))).toBe(false);
});
