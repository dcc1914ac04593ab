import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ChangeQueue, type SourceChange } from '../../src/watch/change-queue.js';

const never = new AbortController().signal;
const run = (runId: string, experimentId = '1'): SourceChange => ({
  type: 'run',
  ref: { runId, experimentId, locator: '' },
});

/** A queue whose hints are due at once. */
function filled(...hints: SourceChange[]): ChangeQueue {
  const queue = new ChangeQueue(0);
  for (const hint of hints) queue.add(hint);
  return queue;
}

afterEach(() => {
  jest.useRealTimers();
});

describe('a queue of hints', () => {
  test('gives each hint once, however often it came', () => {
    const queue = filled(
      run('a'),
      run('b'),
      run('a'),
      { type: 'experiment', id: '1' },
      { type: 'experiment', id: '1' },
    );
    expect(queue.take()).toMatchObject({
      everything: false,
      experiments: false,
      inExperiments: new Set(['1']),
      runs: [{ runId: 'a' }, { runId: 'b' }],
    });
    expect(queue.take()).toBeUndefined();
  });

  test('keeps runs of one id in two experiments apart', () => {
    expect(filled(run('a', '1'), run('a', '2')).take()?.runs).toHaveLength(2);
  });

  test('remembers what concerns more than a run', () => {
    const all = filled({ type: 'everything' }, { type: 'experiments' }).take();
    expect(all).toMatchObject({ everything: true, experiments: true, runs: [] });
  });

  test('gives nothing before the first hint is due, and later hints do not put that off', async () => {
    jest.useFakeTimers();
    const queue = new ChangeQueue(60);
    queue.add(run('a'));
    let due = false;
    const waiting = queue.wait(Number.POSITIVE_INFINITY, 0, never).then(() => {
      due = true;
    });
    await jest.advanceTimersByTimeAsync(59);
    queue.add(run('b'));
    expect([due, queue.take()]).toEqual([false, undefined]);
    await jest.advanceTimersByTimeAsync(1);
    await waiting;
    expect(queue.take()?.runs.map(({ runId }) => runId)).toEqual(['a', 'b']);
  });

  test('wakes who waits when a hint comes', async () => {
    const queue = new ChangeQueue(0);
    const waiting = queue.wait(Number.POSITIVE_INFINITY, 0, never);
    queue.add(run('a'));
    await waiting;
    expect(queue.take()).toBeDefined();
  });

  test('lets wait until a time, whatever hints there are not', async () => {
    const queue = new ChangeQueue(0);
    await queue.wait(performance.now() + 20, 0, never);
    expect(queue.take()).toBeUndefined();
  });

  test('lets hints wait that may not be followed yet', async () => {
    const queue = filled(run('a'));
    const notBefore = performance.now() + 30;
    await queue.wait(Number.POSITIVE_INFINITY, notBefore, never);
    expect(performance.now()).toBeGreaterThanOrEqual(notBefore);
  });

  test('lets nobody wait after an abort', async () => {
    const controller = new AbortController();
    const waiting = new ChangeQueue(0).wait(Number.POSITIVE_INFINITY, 0, controller.signal);
    controller.abort();
    await waiting;
    await new ChangeQueue(0).wait(Number.POSITIVE_INFINITY, 0, controller.signal);
  });
});
