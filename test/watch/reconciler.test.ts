import { expect, test } from '@jest/globals';
import type { EnumeratedRun } from '../../src/stages/enumerate-runs.js';
import { CpuBudget, Slices } from '../../src/watch/reconciler.js';
import { collect } from '../contract/tracking-store.js';
import { makeExperiment } from '../mapping/fixtures.js';

const experiment = makeExperiment({ id: '1' });

async function* runs(count: number): AsyncGenerator<EnumeratedRun> {
  for (let i = 0; i < count; i++) yield { experiment, ref: { runId: `${i}`, experimentId: '1', locator: '' } };
}

test.each([0, 1, 127, 128, 129, 300])(
  'a listing of %d runs is cut into slices, each run once and in order',
  async (count) => {
    const slices = new Slices(runs(count));
    const ids: string[] = [];
    while (!slices.isOver) {
      const slice = await collect(slices.take());
      expect(slice.length).toBeLessThanOrEqual(128);
      ids.push(...slice.map(({ ref }) => ref.runId));
    }
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
  },
);

test('the CPU budget asks for a pause after work, but for no endless one', () => {
  const cpu = new CpuBudget();
  while (cpu.pause() === 0);
  expect(cpu.pause()).toBeGreaterThan(0);
  expect(cpu.pause()).toBeLessThanOrEqual(10_000);
});
