import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { isEvent } from '../support/command-line.js';
import { id, newStore, series } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { repositoryState } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';
import { until } from '../support/until.js';
import { startWatch, stopWatch } from '../support/watching.js';

const [A, B] = [id('a'), id('b')];
const WALKS = ['--reconcile', '100ms'];

let store: FileStoreBuilder;
let repo: string;
let aim: string;
beforeEach(() => {
  store = newStore();
  store.experiment({ id: '1', name: 'mnist' });
  store.run('1', { runId: A, metrics: { loss: series(3) } });
  repo = temporaryDirectory();
  aim = join(repo, '.aim');
});

const isAway = (line: string) => isEvent('source')(line) && line.includes('"available":false');
const isBack = (line: string) => isEvent('source')(line) && line.includes('"available":true');

test('a repository that is moved away is told and waited for, and the watch goes on when it is back', async () => {
  const watch = await startWatch(store.root, repo, ...WALKS);
  const away = `${repo}.away`;
  renameSync(aim, away);
  try {
    expect(await watch.line(isAway)).toContain('is not there any more');
    store.run('1', { runId: B, metrics: { loss: series(3) } });
    expect(existsSync(aim)).toBe(false);
  } finally {
    renameSync(away, aim);
  }
  await watch.line(isBack);
  await until('the second run is there', () => repositoryState(repo).rows.length === 2);
  expect((await stopWatch(watch)).code).toBe(0);
});

test('one that is replaced by another ends the watch, and nothing is written into that one', async () => {
  const watch = await startWatch(store.root, repo, ...WALKS);
  const copy = `${repo}.copy`;
  cpSync(aim, copy, { recursive: true });
  const before = readdirSync(copy, { recursive: true }).sort();
  renameSync(aim, `${repo}.old`);
  renameSync(copy, aim);
  try {
    const { code, stderr } = await watch.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('has been replaced by another')]);
    expect(readdirSync(aim, { recursive: true }).sort()).toEqual(before);
  } finally {
    rmSync(`${repo}.old`, { recursive: true });
  }
});
