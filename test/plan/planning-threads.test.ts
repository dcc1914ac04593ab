import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import type { PlannedRun, PlanningConverter } from '../../src/plan/planning-converter.js';
import { PlanningThreads } from '../../src/plan/planning-threads.js';
import type { RunTask } from '../../src/run/task/run-task.js';
import type { WorkerPool } from '../../src/run/worker-pool.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const experiment = { id: '1', name: 'mnist', lifecycleStage: 'active', tags: new Map() } as const;
const task: RunTask = {
  experiment,
  ref: { runId: 'a', experimentId: '1', locator: '' },
  hash: 'a',
  now: 0,
  existsInAim: false,
};

/** What works is told; the pool loses its worker for as long as `isLost`. */
function threads() {
  const told: string[] = [];
  const state = { isLost: false };
  const converter = (name: string) => ({
    convert: async () => {
      told.push(name);
      if (state.isLost) throw new ConvertError('skip-run', 'worker-lost', 'The thread that worked on it ended.');
      return { report: { outcome: 'new' }, content: { points: 1 } } as unknown as PlannedRun;
    },
    stop: async () => void told.push(`${name} stopped`),
  });
  const written: string[] = [];
  const planning = new PlanningThreads({
    inThread: converter('thread') as unknown as PlanningConverter,
    startPool: () => {
      told.push('start');
      return converter('pool') as unknown as WorkerPool<PlannedRun>;
    },
    parallelism: 2,
    onWrite: ({ hash }) => void written.push(hash),
  });
  return { planning, told, written, state };
}

test('runs are planned in the calling thread for a moment, then in others, which are started once', async () => {
  const { planning, told, written } = threads();
  await planning.convert(task);
  jest.advanceTimersByTime(1_000);
  await planning.convert(task);
  await planning.convert(task);
  await planning.stop();
  expect(told).toEqual(['thread', 'start', 'pool', 'pool', 'pool stopped']);
  expect(written).toEqual(['a', 'a', 'a']);
});

test('a run whose worker is lost fails, since a plan has nothing to clear away', async () => {
  const { planning, written, state } = threads();
  jest.advanceTimersByTime(1_000);
  state.isLost = true;
  expect((await planning.convert(task)).report).toMatchObject({ outcome: 'failed', code: 'worker-lost' });
  expect(written).toEqual([]);
});

test('no threads are started any more after it was stopped', async () => {
  const { planning, told } = threads();
  await planning.stop();
  jest.advanceTimersByTime(1_000);
  await planning.convert(task);
  expect(told).toEqual(['thread']);
});
