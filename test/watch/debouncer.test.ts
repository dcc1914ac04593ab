import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Debouncer } from '../../src/watch/debouncer.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a debouncer gives a run once, when it has been quiet for a while', () => {
  const debouncer = new Debouncer(1_000);
  expect([debouncer.next(), debouncer.take()]).toEqual([Number.POSITIVE_INFINITY, []]);
  const began = performance.now();
  debouncer.add(['a', 'b']);
  jest.advanceTimersByTime(600);
  debouncer.add(['a']);
  expect([debouncer.next(), debouncer.take()]).toEqual([began + 1_000, []]);
  jest.advanceTimersByTime(400);
  expect([debouncer.take(), debouncer.take()]).toEqual([['b'], []]);
  jest.advanceTimersByTime(600);
  expect([debouncer.take(), debouncer.next()]).toEqual([['a'], Number.POSITIVE_INFINITY]);
});
