import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Repository } from '../../src/aim/repository.js';
import { convert } from '../../src/convert.js';
import { ConvertEvents } from '../../src/events.js';
import { repair } from '../../src/repair.js';
import type { RunVerdict } from '../../src/verify/compare/verdict.js';
import { VerifyEvents } from '../../src/verify/session/verify-events.js';
import { exampleStore, id } from '../support/example-store.js';
import { temporaryDirectory } from '../support/temporary.js';
import { rewrite, verdicts, wrong } from './verifying.js';

const { signal } = new AbortController();

async function repaired(
  root: string,
  repository: Repository,
): Promise<{ runs: Map<string, RunVerdict>; count: number }> {
  const events = new VerifyEvents();
  const runs = new Map<string, RunVerdict>();
  let count = 0;
  events.on('run', (run) => void runs.set(run.runId ?? run.hash, run));
  events.on('repair', (told) => {
    count = told.runs;
  });
  await repair({ trackingUri: root, repo: join(repository.path, '..'), inProcess: true }, events, signal);
  return { runs, count };
}

/** As the command converts: with a source whose options are in the ledger. */
async function convertedAs(root: string): Promise<Repository> {
  const repo = temporaryDirectory();
  await convert(
    { trackingUri: root, repo, inProcess: true, mapping: { repeatedSteps: 'last' } },
    new ConvertEvents(),
    signal,
  );
  return Repository.open(repo);
}

test('what differs or is missing is converted again, by the policies that it had; the rest is left alone', async () => {
  const store = exampleStore();
  const repository = await convertedAs(store.root);
  // a dropped point and a flipped byte, a database that is gone, a run that is new, and what a person did
  rewrite(repository.seqs(id('a')), (records) => {
    const [key, value] = [...records].find(([name, bytes]) => name.includes('loss') && bytes[0] === 3)!;
    records.set(key, Buffer.from(value.map((byte, i) => (i === 1 ? byte ^ 1 : byte))));
  });
  rmSync(repository.meta(id('b')), { recursive: true });
  store.run('1', { runId: id('d'), name: 'new' });
  const database = new DatabaseSync(repository.metadataFile);
  database.exec(`UPDATE run SET name = 'mine', updated_at = '2026-01-02 03:04:05.678901' WHERE hash = '${id('c')}'`);
  database.close();

  const { runs, count } = await repaired(store.root, repository);
  expect(count).toBe(3);
  expect(wrong(runs.values())).toEqual([]);
  expect([...runs].map(([run, { verdict }]) => [run, verdict]).sort()).toEqual([
    [id('a'), 'expected'],
    [id('b'), 'equal'],
    [id('c'), 'changed-in-aim'],
    [id('d'), 'equal'],
  ]);
  expect(wrong((await verdicts(store.root, repository)).values())).toEqual([]);
});

test('what cannot be read in MLflow stays in Aim', async () => {
  const store = exampleStore();
  const repository = await convertedAs(store.root);
  const lr = join(store.root, '1', id('a'), 'params', 'lr');
  rmSync(lr);
  symlinkSync(lr, lr); // which cannot be read
  rewrite(repository.seqs(id('a')), (records) => {
    const [key] = [...records].find(([name, bytes]) => name.includes('loss') && bytes[0] === 3)!;
    records.set(key, Buffer.from(records.get(key)!.map((byte, i) => (i === 1 ? byte ^ 1 : byte))));
  });
  const { runs, count } = await repaired(store.root, repository);
  expect(count).toBe(1);
  expect(wrong(runs.values())).toEqual([]);
  const run = (await verdicts(store.root, repository)).get(id('a'));
  expect(run?.differences.map(({ code, cause, record }) => [code, cause, record])).toContainEqual([
    'attribute-extra',
    'kept',
    'params.lr',
  ]);
});
