import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { id, newStore, series } from '../support/example-store.js';
import { metricLine } from '../support/file-store-builder.js';
import { repositoryState } from '../support/repository-state.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';
import { until } from '../support/until.js';
import { startWatch, stopWatch } from '../support/watching.js';

const [A, B, C, D] = [id('a'), id('b'), id('c'), id('d')];
const hashes = (repo: string) => Repository.open(repo).hashes().sort();
const untilHas = (repo: string, ...runs: string[]) =>
  until(`Aim has ${runs.join(', ')}`, () => JSON.stringify(hashes(repo)) === JSON.stringify(runs));
const isActive = (repo: string, run: string) =>
  repositoryState(repo).rows.some(({ hash, end_time }) => hash === run && end_time === null);

/** Times of now, so that the run is not taken for stale. */
const running = (runId: string) => ({ runId, startTime: Date.now(), endTime: null, metrics: { loss: series(2) } });

test('a watch of a directory converts runs when they come to be chosen, and follows those that were', async () => {
  const store = newStore();
  store.experiment({ id: '1', name: 'mnist' });
  store.run('1', { ...running(A), status: 1, tags: { keep: 'no' } });
  store.run('1', { ...running(B), status: 1, tags: { keep: 'yes' } });
  const repo = temporaryDirectory();
  const flags = ['--filter', "tags.keep = 'yes'", '--run-status', 'running', '--reconcile', '200ms'];
  const watch = await startWatch(store.root, repo, ...flags);
  expect(hashes(repo)).toEqual([B]);

  store.run('1', { ...running(C), status: 1, tags: { keep: 'yes' } });
  store.run('1', { ...running(D), status: 1, tags: { keep: 'no' } });
  await untilHas(repo, B, C);
  writeFileSync(join(store.root, '1', A, 'tags/keep'), 'yes');
  await untilHas(repo, A, B, C);

  // it no longer meets the conditions, and is followed to its end
  store.run('1', { ...running(B), status: 3, endTime: Date.now(), tags: { keep: 'yes' } });
  await until('the end of the run is in Aim', () => !isActive(repo, B));
  appendFileSync(join(store.root, '1', D, 'metrics/loss'), metricLine({ timestamp: Date.now(), value: 1, step: 9n }));
  const { code, events } = await stopWatch(watch);
  expect(code).toBe(0);
  expect(events.filter(({ level }) => level !== 'info')).toEqual([]);
  expect(hashes(repo)).toEqual([A, B, C]);
});

test('a watch of a database converts the newest runs, and leaves active ones alone that are not chosen', async () => {
  const store = new SqliteStoreBuilder();
  try {
    store.experiment({ id: 1, name: 'mnist' });
    store.run(1, { ...running(A), status: 'RUNNING', startTime: Date.now() - 5000 });
    store.run(1, { ...running(B), status: 'RUNNING', startTime: Date.now() - 1000 });
    const repo = temporaryDirectory();
    const watch = await startWatch(store.uri, repo, '--max-runs', '1', '--interval', '100ms', '--no-artifacts');
    expect(hashes(repo)).toEqual([B]);
    store.points(A, 'loss', [{ timestamp: Date.now(), value: 1, step: 9n }]);
    store.run(1, { ...running(C), status: 'RUNNING' });
    await untilHas(repo, B, C);
    store.database.exec(`UPDATE runs SET status = 'FINISHED', end_time = ${Date.now()} WHERE run_uuid = '${B}'`);
    await until('the end of the run is in Aim', () => !isActive(repo, B));
    const { code } = await stopWatch(watch);
    expect(code).toBe(0);
    expect(hashes(repo)).toEqual([B, C]);
  } finally {
    store.remove();
  }
});
