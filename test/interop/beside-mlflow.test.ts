import { execFile } from 'node:child_process';
import { readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { convert, makeStore, mlflow2aim, outcomes, scratch } from './harness.js';
import { python } from './python.js';

const LIST = `
import os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
print(sum(len(client.search_runs([e.experiment_id])) for e in client.search_experiments()))
`;

const runsInMlflow = async (uri: string) => Number(await python(['-c', LIST, uri]));

test('a repository in the store is refused, and MLflow lists all runs as before', async () => {
  const store = await makeStore('small');
  const runs = await runsInMlflow(store);
  const before = (await readdir(store, { recursive: true })).sort();
  const ended = await mlflow2aim(['convert', '--tracking-uri', '.'], { cwd: store });
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('would lie in the MLflow store') });
  expect((await readdir(store, { recursive: true })).sort()).toEqual(before);
  expect(await runsInMlflow(store)).toBe(runs);
});

test('one that an earlier version has put there is moved out by the command in the sentence', async () => {
  const store = await makeStore('small');
  const runs = await runsInMlflow(store);
  await convert(store, dirname(store));
  await rename(join(dirname(store), '.aim'), join(store, '.aim'));
  await expect(runsInMlflow(store)).rejects.toThrow(/Invalid experiment ID: '.aim'/);

  const refused = await mlflow2aim(['convert', '--tracking-uri', '.'], { cwd: store });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('lies in the MLflow store') });
  const command = /Move it out \((.*)\) and run again with --repo '([^']*)'/.exec(refused.stderr);
  await promisify(execFile)('sh', ['-c', command?.[1] ?? '']);
  expect(await runsInMlflow(store)).toBe(runs);
  expect(outcomes(await convert(store, command?.[2] ?? ''))).toEqual({ unchanged: runs });
});

const MAKE_DATABASE = `
import os, sqlite3, sys
from mlflow import MlflowClient
file, mode = sys.argv[1:]
os.chdir(os.path.dirname(file)) # where MLflow puts artifacts
client = MlflowClient("sqlite:///" + file)
for value in range(3):
    run = client.create_run("0")
    client.log_metric(run.info.run_id, "loss", value)
    client.set_terminated(run.info.run_id)
sqlite3.connect(file).execute("PRAGMA journal_mode = " + mode)
`;

test.each([
  ['DELETE', []],
  // SQLite's own, empty: who only reads makes them and cannot remove them; the next who writes does (README, limits)
  ['WAL', ['mlflow.db-shm', 'mlflow.db-wal']],
])('beside a database in %s mode nothing of ours stays, and MLflow goes on', async (mode, leftBySqlite) => {
  const directory = await scratch();
  const file = join(directory, 'mlflow.db');
  await python(['-c', MAKE_DATABASE, file, mode]);
  await convert(`sqlite:///${file}`, await scratch());
  const beside = await readdir(directory);
  expect(beside.filter((name) => name !== 'mlflow.db' && !leftBySqlite.includes(name))).toEqual([]);
  expect(await runsInMlflow(`sqlite:///${file}`)).toBe(3);
  expect(await readdir(directory)).toEqual(['mlflow.db']);
});
