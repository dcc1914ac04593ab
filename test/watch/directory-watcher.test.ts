import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SourceChange } from '../../src/watch/change-queue.js';
import { DirectoryWatcher } from '../../src/watch/directory-watcher.js';
import { makeExperiment } from '../mapping/fixtures.js';
import { id, newStore, series } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { until } from '../support/until.js';

const [A, B] = [id('a'), id('b')];
const experiment = makeExperiment({ id: '1' });

let store: FileStoreBuilder;
let changes: SourceChange[];
let errors: unknown[];
let watcher: DirectoryWatcher;

beforeEach(() => {
  store = newStore();
  store.experiment({ id: '1' });
  for (const runId of [A, B]) store.run('1', { runId, metrics: { loss: series(1), 'val/loss': series(1) } });
  changes = [];
  errors = [];
  watcher = new DirectoryWatcher(store.root, {
    onChange: (change) => changes.push(change),
    onError: (error) => errors.push(error),
  });
  watcher.setExperiments(['1']);
  watcher.watchRun(A, { experiment, ref: { runId: A, experimentId: '1', locator: `1/${A}` } });
});
afterEach(async () => {
  await watcher.close();
  expect(errors).toEqual([]);
});

const file = (run: string, ...path: string[]) => join(store.root, '1', run, ...path);
const hasRun = (runId: string) => changes.some((change) => change.type === 'run' && change.ref.runId === runId);
const has = (type: SourceChange['type']) => changes.some((change) => change.type === type);

/** Acts again and again until the change is noticed: watches begin a moment after they are asked for. */
async function untilNoticed(what: string, act: () => void, passes: () => boolean): Promise<void> {
  changes.length = 0;
  await until(what, () => {
    act();
    return passes();
  });
}

test('a change of a run is noticed: a point, a nested point, a param, a file in a new directory', async () => {
  const at = Date.now();
  const add = (...path: string[]) => appendFileSync(file(A, ...path), `${at} 1.0 1\n`);
  await untilNoticed(
    'a point is seen',
    () => add('metrics/loss'),
    () => hasRun(A),
  );
  await untilNoticed(
    'a nested point is seen',
    () => add('metrics/val/loss'),
    () => hasRun(A),
  );
  await untilNoticed(
    'a param is seen',
    () => writeFileSync(file(A, 'params/lr'), '1'),
    () => hasRun(A),
  );
  mkdirSync(file(A, 'metrics/later'));
  await untilNoticed(
    'what is in a new directory is seen',
    () => add('metrics/later/loss'),
    () => hasRun(A),
  );
  expect(has('experiments') || has('everything')).toBe(false);
});

test('a new run is noticed, and a removed one', async () => {
  let count = 0;
  await untilNoticed(
    'a new run is seen',
    () => mkdirSync(file(`new${count++}`)),
    () => changes.some((change) => change.type === 'run' && change.ref.runId.startsWith('new')),
  );
  changes.length = 0;
  rmSync(file(B), { recursive: true });
  await until('the removal is seen', () => has('everything'));
});

test('an experiment is noticed that is new, has changed, or is deleted', async () => {
  let count = 10;
  await untilNoticed(
    'a new experiment is seen',
    () => store.experiment({ id: String(count++) }),
    () => has('experiments'),
  );
  await untilNoticed(
    'its new name is seen',
    () => store.experiment({ id: '1', name: `name ${count++}` }),
    () => has('experiments'),
  );
  mkdirSync(join(store.root, '.trash'));
  changes.length = 0;
  renameSync(join(store.root, '10'), join(store.root, '.trash/10'));
  await until('the deletion is seen', () => has('experiments'));
});

test('a deleted experiment is watched again when it is restored', async () => {
  mkdirSync(join(store.root, '.trash'));
  let count = 0;
  const hasNew = (name: string) => changes.some((change) => change.type === 'run' && change.ref.runId.startsWith(name));
  await untilNoticed(
    'the experiment is watched',
    () => mkdirSync(file(`before${count++}`)),
    () => hasNew('before'),
  );
  renameSync(join(store.root, '1'), join(store.root, '.trash/1'));
  await until('the deletion is seen', () => has('experiments'));
  watcher.setExperiments(['1']);
  changes.length = 0;
  renameSync(join(store.root, '.trash/1'), join(store.root, '1'));
  await until('the restoration is seen', () => has('experiments'));
  watcher.setExperiments(['1']);
  await untilNoticed(
    'a new run in it is seen',
    () => mkdirSync(file(`again${count++}`)),
    () => hasNew('again'),
  );
});

test('a directory of an experiment that is not a run is not reported as one', async () => {
  mkdirSync(join(store.root, '1/traces'));
  mkdirSync(join(store.root, '1/models'));
  await untilNoticed(
    'a run beside it is seen',
    () => writeFileSync(file(A, 'tags/t'), '1'),
    () => hasRun(A),
  );
  expect(changes.filter((change) => change.type === 'run' && change.ref.runId !== A)).toEqual([]);
});

test('a run is no longer watched after unwatchRun', async () => {
  const touch = (run: string) => appendFileSync(file(run, 'metrics/loss'), `${Date.now()} 1.0 1\n`);
  await untilNoticed(
    'a point is seen',
    () => touch(A),
    () => hasRun(A),
  );
  watcher.unwatchRun(A);
  watcher.watchRun(B, { experiment, ref: { runId: B, experimentId: '1', locator: `1/${B}` } });
  await untilNoticed(
    'the other run is seen',
    () => {
      touch(A);
      touch(B);
    },
    () => hasRun(B),
  );
  expect(hasRun(A)).toBe(false);
});
