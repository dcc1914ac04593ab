import { describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { convert, outcomes } from '../support/command-line.js';
import { exampleStore, id } from '../support/example-store.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

test('experiments by glob, and without some, leave the others as they are', async () => {
  const store = exampleStore();
  const repo = temporaryDirectory();
  await convert(store.root, repo);
  const chosen = ['--experiment', '*', '--exclude-experiment', 'cifar', '--deleted', 'remove'];
  expect(outcomes(await convert(store.root, repo, chosen))).toEqual({ unchanged: 2 });
  expect(Repository.open(repo).hashes()).toHaveLength(3);
});

describe('--force', () => {
  test('finds what a database gives no sign of', async () => {
    const store = new SqliteStoreBuilder();
    try {
      store.experiment({ id: 1, name: 'mnist' });
      store.run(1, { runId: id('a'), artifacts: { 'a.txt': 'a' } });
      store.run(1, { runId: id('b'), artifacts: { 'b.txt': 'b' } });
      const repo = temporaryDirectory();
      expect(outcomes(await convert(store.uri, repo))).toEqual({ new: 2 });
      store.artifacts(1, id('a'), { 'late.txt': 'late' });
      expect(outcomes(await convert(store.uri, repo))).toEqual({ unchanged: 2 });
      expect(outcomes(await convert(store.uri, repo, ['--force']))).toEqual({ updated: 1, unchanged: 1 });
    } finally {
      store.remove();
    }
  });
});
