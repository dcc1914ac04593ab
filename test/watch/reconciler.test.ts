import { expect, test } from '@jest/globals';
import type { EnumeratedRun } from '../../src/stages/enumerate-runs.js';
import { cost, Reconciler } from '../../src/watch/reconciler.js';
import { collect } from '../contract/tracking-store.js';
import { makeExperiment } from '../mapping/fixtures.js';

const experiment = makeExperiment({ id: '1' });

async function* runs(count: number): AsyncGenerator<EnumeratedRun> {
  for (let i = 0; i < count; i++) yield { experiment, ref: { runId: `${i}`, experimentId: '1', locator: '' } };
}

test.each([0, 1, 127, 128, 129, 300])('%d runs come in slices, each once and in order', async (count) => {
  const sweep = new Reconciler(runs(count));
  const ids: string[] = [];
  while (!sweep.isOver) {
    const slice = await collect(sweep.slice());
    expect(slice.length).toBeLessThanOrEqual(128);
    ids.push(...slice.map(({ ref }) => ref.runId));
  }
  expect(ids).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
});

test('what was spent is paid back by a pause, but not by an endless one', () => {
  const spent = cost();
  while (spent.pause() === 0);
  expect(spent.pause()).toBeGreaterThan(0);
  expect(spent.pause()).toBeLessThanOrEqual(10_000);
});
