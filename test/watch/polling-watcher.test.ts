import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { SourceChange } from '../../src/watch/change-queue.js';
import { PollingWatcher } from '../../src/watch/polling-watcher.js';
import { makeExperiment } from '../mapping/fixtures.js';
import { id, newStore } from '../support/example-store.js';
import { until } from '../support/until.js';

const A = id('a');
let follower: PollingWatcher;
afterEach(() => follower.close());

test('hints at the runs that go on, and at directories that have changed', async () => {
  const store = newStore();
  store.experiment({ id: '1' });
  store.run('1', { runId: A });
  const hints: SourceChange[] = [];
  follower = new PollingWatcher(store.root, (hint) => hints.push(hint), 10);
  follower.experiments(['1']);
  const ref = { runId: A, experimentId: '1', locator: `1/${A}` };
  follower.follow(A, { experiment: makeExperiment({ id: '1' }), ref });
  await until('the run is hinted at again and again', () => hints.length > 2);
  expect(hints).toEqual(hints.map(() => ({ type: 'run', ref })));
  follower.leave(A);
  mkdirSync(join(store.root, '1', id('b')));
  await until('the new run is seen', () => hints.some((hint) => hint.type === 'experiment' && hint.id === '1'));
  store.experiment({ id: '2' });
  await until('the new experiment is seen', () => hints.some((hint) => hint.type === 'experiments'));
});
