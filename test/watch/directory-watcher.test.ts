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
let hints: SourceChange[];
let errors: unknown[];
let follower: DirectoryWatcher;

beforeEach(() => {
  store = newStore();
  store.experiment({ id: '1' });
  for (const runId of [A, B]) store.run('1', { runId, metrics: { loss: series(1), 'val/loss': series(1) } });
  hints = [];
  errors = [];
  follower = new DirectoryWatcher(
    store.root,
    (hint) => hints.push(hint),
    (error) => errors.push(error),
  );
  follower.experiments(['1']);
  follower.follow(A, { experiment, ref: { runId: A, experimentId: '1', locator: `1/${A}` } });
});
afterEach(async () => {
  await follower.close();
  expect(errors).toEqual([]);
});

const file = (run: string, ...path: string[]) => join(store.root, '1', run, ...path);
const hasRun = (runId: string) => hints.some((hint) => hint.type === 'run' && hint.ref.runId === runId);
const has = (type: SourceChange['type']) => hints.some((hint) => hint.type === type);

/** Does something until a hint comes of it: watches begin a moment after they are asked for. */
async function untilHinted(what: string, act: () => void, passes: () => boolean): Promise<void> {
  hints.length = 0;
  await until(what, () => {
    act();
    return passes();
  });
}

test('a point, a nested point, a param and a directory that comes later are hints of their run', async () => {
  const at = Date.now();
  const add = (...path: string[]) => appendFileSync(file(A, ...path), `${at} 1.0 1\n`);
  await untilHinted(
    'a point is seen',
    () => add('metrics/loss'),
    () => hasRun(A),
  );
  await untilHinted(
    'a nested point is seen',
    () => add('metrics/val/loss'),
    () => hasRun(A),
  );
  await untilHinted(
    'a param is seen',
    () => writeFileSync(file(A, 'params/lr'), '1'),
    () => hasRun(A),
  );
  mkdirSync(file(A, 'metrics/later'));
  await untilHinted(
    'what is in a new directory is seen',
    () => add('metrics/later/loss'),
    () => hasRun(A),
  );
  expect(has('experiments') || has('everything')).toBe(false);
});

test('a run that appears, and one that goes', async () => {
  let count = 0;
  await untilHinted(
    'a new run is seen',
    () => mkdirSync(file(`new${count++}`)),
    () => hints.some((hint) => hint.type === 'run' && hint.ref.runId.startsWith('new')),
  );
  hints.length = 0;
  rmSync(file(B), { recursive: true });
  await until('the loss is seen', () => has('everything'));
});

test('an experiment that appears, changes, or goes', async () => {
  let count = 10;
  await untilHinted(
    'a new experiment is seen',
    () => store.experiment({ id: String(count++) }),
    () => has('experiments'),
  );
  await untilHinted(
    'its new name is seen',
    () => store.experiment({ id: '1', name: `name ${count++}` }),
    () => has('experiments'),
  );
  mkdirSync(join(store.root, '.trash'));
  hints.length = 0;
  renameSync(join(store.root, '10'), join(store.root, '.trash/10'));
  await until('the deletion is seen', () => has('experiments'));
});

test('an experiment that is deleted and restored is watched again', async () => {
  mkdirSync(join(store.root, '.trash'));
  let count = 0;
  const hasNew = (name: string) => hints.some((hint) => hint.type === 'run' && hint.ref.runId.startsWith(name));
  await untilHinted(
    'the experiment is watched',
    () => mkdirSync(file(`before${count++}`)),
    () => hasNew('before'),
  );
  renameSync(join(store.root, '1'), join(store.root, '.trash/1'));
  await until('the deletion is seen', () => has('experiments'));
  follower.experiments(['1']);
  hints.length = 0;
  renameSync(join(store.root, '.trash/1'), join(store.root, '1'));
  await until('the restoration is seen', () => has('experiments'));
  follower.experiments(['1']);
  await untilHinted(
    'a new run in it is seen',
    () => mkdirSync(file(`again${count++}`)),
    () => hasNew('again'),
  );
});

test('what is no run in an experiment is no hint of one', async () => {
  mkdirSync(join(store.root, '1/traces'));
  mkdirSync(join(store.root, '1/models'));
  await untilHinted(
    'a run beside it is seen',
    () => writeFileSync(file(A, 'tags/t'), '1'),
    () => hasRun(A),
  );
  expect(hints.filter((hint) => hint.type === 'run' && hint.ref.runId !== A)).toEqual([]);
});

test('a run that was left is no longer watched', async () => {
  const touch = (run: string) => appendFileSync(file(run, 'metrics/loss'), `${Date.now()} 1.0 1\n`);
  await untilHinted(
    'a point is seen',
    () => touch(A),
    () => hasRun(A),
  );
  follower.leave(A);
  follower.follow(B, { experiment, ref: { runId: B, experimentId: '1', locator: `1/${B}` } });
  await untilHinted(
    'the other run is seen',
    () => {
      touch(A);
      touch(B);
    },
    () => hasRun(B),
  );
  expect(hasRun(A)).toBe(false);
});
