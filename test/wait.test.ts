import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { abortable, IdleTimeoutError, sleep, withTimeout } from '../src/wait.js';

const never = new Promise<never>(() => {});
let controller: AbortController;
let signal: AbortSignal;

beforeEach(() => {
  jest.useFakeTimers();
  controller = new AbortController();
  signal = controller.signal;
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

describe('sleep', () => {
  test('resolves after its time', async () => {
    let isOver = false;
    const sleeping = sleep(100, signal).then(() => {
      isOver = true;
    });
    await jest.advanceTimersByTimeAsync(99);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await sleeping;
  });

  test('needs no signal', async () => {
    const sleeping = sleep(100);
    await jest.advanceTimersByTimeAsync(100);
    await sleeping;
  });

  test('rejects with the reason of the signal, at once', async () => {
    const sleeping = sleep(100, signal);
    controller.abort('reason');
    await expect(sleeping).rejects.toBe('reason');
    await expect(sleep(100, signal)).rejects.toBe('reason');
  });

  test('does not end at once where the time is longer than a timer can be', async () => {
    let isOver = false;
    const sleeping = sleep(Number.POSITIVE_INFINITY, signal).finally(() => {
      isOver = true;
    });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(isOver).toBe(false);
    controller.abort('reason');
    await expect(sleeping).rejects.toBe('reason');
  });
});

describe('abortable', () => {
  test('settles as the promise does', async () => {
    expect(await abortable(Promise.resolve(1), signal)).toBe(1);
    await expect(abortable(Promise.reject('failure'), signal)).rejects.toBe('failure');
  });

  test('stops what is under way and rejects with the reason of the signal', async () => {
    const stop = jest.fn();
    const waiting = abortable(never, signal, stop);
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
    expect(stop).toHaveBeenCalledTimes(1);
  });

  test('leaves no rejection unhandled after an abort', async () => {
    controller.abort('reason');
    await expect(abortable(Promise.reject('failure'), signal)).rejects.toBe('reason');
  });

  test('stops nothing that is over', async () => {
    const stop = jest.fn();
    await abortable(Promise.resolve(), signal, stop);
    controller.abort();
    expect(stop).not.toHaveBeenCalled();
  });
});

describe('withTimeout', () => {
  test('settles as the promise does', async () => {
    expect(await withTimeout(Promise.resolve(1), 100, signal)).toBe(1);
    await expect(withTimeout(Promise.reject('failure'), 100, signal)).rejects.toBe('failure');
  });

  test('rejects after its time with what a retry may mend', async () => {
    const waiting = withTimeout(never, 2_000, signal);
    const outcome = expect(waiting).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: 'Nothing came for 2 seconds.',
    });
    await jest.advanceTimersByTimeAsync(2_000);
    await outcome;
    await expect(waiting).rejects.toBeInstanceOf(IdleTimeoutError);
  });

  test('rejects with the reason of the signal, at once', async () => {
    const waiting = withTimeout(never, 100, signal);
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
    await expect(withTimeout(never, 100, signal)).rejects.toBe('reason');
  });
});
