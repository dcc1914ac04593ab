import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { convert, outcomes } from '../support/command-line.js';
import { fillWithExamples, id } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { essence, type RepositoryState, repositoryState, staleChecksums } from '../support/repository-state.js';

let store: FileStoreBuilder;
let repo: string;
let snapshot: string;
let state: RepositoryState;
let ledger: string;

beforeAll(async () => {
  store = fillWithExamples(new FileStoreBuilder());
  repo = join(store.parent, 'repo');
  await convert(store.root, repo);
  state = repositoryState(repo);
  ledger = join(repo, '.aim/mlflow2aim.sqlite');
  snapshot = `${store.parent}.snapshot`;
  cpSync(store.parent, snapshot, { recursive: true, preserveTimestamps: true });
});
beforeEach(() => {
  rmSync(store.parent, { recursive: true });
  cpSync(snapshot, store.parent, { recursive: true, preserveTimestamps: true });
});
afterAll(() => {
  store.remove();
  rmSync(snapshot, { recursive: true });
});

async function expectWhole(): Promise<void> {
  expect(repositoryState(repo)).toEqual(state);
  expect(staleChecksums(repo)).toEqual([]);
  expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 3 });
}

// where SQLite's header, its pages and their cells are cut; every byte is tried on the ledger itself (test/sync)
test.each([0, 1, 15, 16, 99, 100, 4095, 4096, 5000, 8192, 12_289])(
  'a ledger that ends after %d bytes is found to be broken, and nothing is lost or doubled',
  async (length) => {
    writeFileSync(ledger, readFileSync(ledger).subarray(0, length));
    expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 3 });
    await expectWhole();
  },
);

test('a ledger older than the repository costs time, and nothing is lost or doubled', async () => {
  const old = join(store.parent, 'old.sqlite');
  copyFileSync(ledger, old);
  store.run('1', { runId: id('b'), name: 'renamed', metrics: { loss: '1700000000000 1.0 0\n' } });
  store.run('1', { runId: id('d'), name: 'new' });
  await convert(store.root, repo);
  const newer = essence(repo);
  copyFileSync(old, ledger);
  const report = await convert(store.root, repo);
  expect(report.summary.runs).toMatchObject({ skipped: 0, failed: 0 });
  expect(essence(repo)).toEqual(newer);
  expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 4 });
});
