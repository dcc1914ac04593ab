import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChosenRun } from '../../src/selection/chosen-runs.js';
import { newestRuns } from '../../src/selection/newest-runs.js';
import { makeExperiment } from '../mapping/fixtures.js';

const experiment = makeExperiment({ id: '1' });
const run = (runId: string, startTime: number | undefined, isDeleted = false): ChosenRun => ({
  experiment,
  found: { ref: { runId, experimentId: '1', locator: '' }, isDeleted, ...(startTime !== undefined && { startTime }) },
});
const ids = (runs: readonly ChosenRun[]) => runs.map(({ found }) => found.ref.runId);

test('the newest runs keep their order', () => {
  expect(ids(newestRuns([run('a', 1), run('b', 3), run('c', 2)], 2))).toEqual(['b', 'c']);
});

test('of runs that started together those with lower ids count as newer, and those without a start as the oldest', () => {
  expect(ids(newestRuns([run('x', undefined), run('c', 1), run('b', 1), run('a', 0)], 1))).toEqual(['b']);
  expect(ids(newestRuns([run('x', undefined), run('a', -5)], 1))).toEqual(['a']);
});

test('deleted runs do not count, and come along if they are as new', () => {
  const runs = [run('a', 5), run('b', 4, true), run('c', 3), run('d', 2, true), run('e', 1)];
  expect(ids(newestRuns(runs, 1))).toEqual(['a', 'b']);
  expect(ids(newestRuns(runs, 2))).toEqual(['a', 'b', 'c', 'd']);
  const gone = { ...run('g', 9), experiment: makeExperiment({ id: '2', lifecycleStage: 'deleted' }) };
  expect(ids(newestRuns([gone, ...runs], 1))).toEqual(['g', 'a', 'b']);
});

test('no run that is left out started later than one that is taken', () => {
  const some = fc.array(
    fc.record({ start: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }), deleted: fc.boolean() }),
  );
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 5 }), (list, most) => {
      const runs = list.map(({ start, deleted }, i) => run(String(i), start, deleted));
      const taken = newestRuns(runs, most);
      const counted = taken.filter(({ found }) => !found.isDeleted);
      expect(counted).toHaveLength(Math.min(most, runs.filter(({ found }) => !found.isDeleted).length));
      const oldest = Math.min(...taken.map(({ found }) => found.startTime ?? -1));
      const left = runs.filter((one) => !taken.includes(one));
      expect(left.every(({ found }) => (found.startTime ?? -1) <= oldest)).toBe(true);
    }),
  );
});
