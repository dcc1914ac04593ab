import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ChangeQueue, type SourceChange } from '../../src/watch/change-queue.js';

const never = new AbortController().signal;
const run = (runId: string, experimentId = '1'): SourceChange => ({
  type: 'run',
  ref: { runId, experimentId, locator: '' },
});

/** A queue whose changes are due at once. */
function filled(...changes: SourceChange[]): ChangeQueue {
  const queue = new ChangeQueue(0);
  for (const change of changes) queue.add(change);
  return queue;
}

afterEach(() => {
  jest.useRealTimers();
});

describe('a change queue', () => {
  test('gives each change once, however often it was added', () => {
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

  test('keeps changes that concern more than a run', () => {
    const all = filled({ type: 'everything' }, { type: 'experiments' }).take();
    expect(all).toMatchObject({ everything: true, experiments: true, runs: [] });
  });

  test('gives nothing before the first change is due, which later changes do not put off', async () => {
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

  test('ends a wait when a change is added', async () => {
    const queue = new ChangeQueue(0);
    const waiting = queue.wait(Number.POSITIVE_INFINITY, 0, never);
    queue.add(run('a'));
    await waiting;
    expect(queue.take()).toBeDefined();
  });

  test('ends a wait at its time when there are no changes', async () => {
    const queue = new ChangeQueue(0);
    await queue.wait(performance.now() + 20, 0, never);
    expect(queue.take()).toBeUndefined();
  });

  test('keeps changes waiting that may not be followed yet', async () => {
    const queue = filled(run('a'));
    const notBefore = performance.now() + 30;
    await queue.wait(Number.POSITIVE_INFINITY, notBefore, never);
    expect(performance.now()).toBeGreaterThanOrEqual(notBefore);
  });

  test('ends every wait when the signal is aborted', async () => {
    const controller = new AbortController();
    const waiting = new ChangeQueue(0).wait(Number.POSITIVE_INFINITY, 0, controller.signal);
    controller.abort();
    await waiting;
    await new ChangeQueue(0).wait(Number.POSITIVE_INFINITY, 0, controller.signal);
  });
});
