import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { convert } from '../../src/library/convert.js';
import { plan } from '../../src/library/plan.js';
import type { Experiment } from '../../src/model.js';
import type { CustomStages } from '../../src/stages/custom-stages.js';
import { memoryRun } from '../support/memory-run.js';
import { MemoryStore } from '../support/memory-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const EXPERIMENT: Experiment = { id: '1', name: 'mnist', lifecycleStage: 'active', tags: new Map() };

const stages: CustomStages = {
  version: 'as it is',
  async *histories(batches) {
    yield* batches;
  },
};

let store: MemoryStore;
let repo: string;
beforeEach(() => {
  store = new MemoryStore(EXPERIMENT, [memoryRun('a', { loss: [0, 1, 2] }), memoryRun('b', { loss: [3] })]);
  repo = join(temporaryDirectory(), 'aim');
});

const openStore = () => store;

test('plan tells what convert would do with a source and stages of a program, and writes nothing', async () => {
  const request = { openStore, repo, stages };
  expect(await plan(request)).toMatchObject({ isNewRepository: true, hasChanges: true, runs: { new: 2 } });
  expect(existsSync(repo)).toBe(false);
  await convert(request);
  expect(await plan(request)).toMatchObject({ hasChanges: false, runs: { new: 0, unchanged: 2 } });
  expect(await plan({ openStore, repo })).toMatchObject({ hasChanges: true, runs: { changed: 2 } });
  store.put(memoryRun('b', { loss: [4] }, { revision: '2' }));
  expect(await plan(request)).toMatchObject({ hasChanges: true, runs: { changed: 1, unchanged: 1 } });
});

test('plan rejects with the reason of its signal', async () => {
  const reason = new Error('enough');
  await expect(plan({ openStore, repo, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
