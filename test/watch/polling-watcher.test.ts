import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { SourceChange } from '../../src/watch/change-queue.js';
import { PollingWatcher } from '../../src/watch/polling-watcher.js';
import { makeExperiment } from '../mapping/fixtures.js';
import { id, newStore } from '../support/example-store.js';
import { until } from '../support/until.js';

const A = id('a');
let watcher: PollingWatcher;
afterEach(() => watcher.close());

test('a polling watcher reports the active runs each time, and directories that have changed', async () => {
  const store = newStore();
  store.experiment({ id: '1' });
  store.run('1', { runId: A });
  const changes: SourceChange[] = [];
  watcher = new PollingWatcher(store.root, { onChange: (change) => changes.push(change) }, 10);
  watcher.setExperiments(['1']);
  const ref = { runId: A, experimentId: '1', locator: `1/${A}` };
  watcher.watchRun(A, { experiment: makeExperiment({ id: '1' }), ref });
  await until('the run is reported several times', () => changes.length > 2);
  expect(changes).toEqual(changes.map(() => ({ type: 'run', ref })));
  watcher.unwatchRun(A);
  mkdirSync(join(store.root, '1', id('b')));
  await until('the new run is seen', () => changes.some((change) => change.type === 'experiment' && change.id === '1'));
  store.experiment({ id: '2' });
  await until('the new experiment is seen', () => changes.some((change) => change.type === 'experiments'));
});
