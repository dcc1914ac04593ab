import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Debouncer } from '../../src/watch/debouncer.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a run is given when nothing has happened to it for a while, once', () => {
  const calm = new Debouncer(1_000);
  expect([calm.next(), calm.take()]).toEqual([Number.POSITIVE_INFINITY, []]);
  const began = performance.now();
  calm.add(['a', 'b']);
  jest.advanceTimersByTime(600);
  calm.add(['a']);
  expect([calm.next(), calm.take()]).toEqual([began + 1_000, []]);
  jest.advanceTimersByTime(400);
  expect([calm.take(), calm.take()]).toEqual([['b'], []]);
  jest.advanceTimersByTime(600);
  expect([calm.take(), calm.next()]).toEqual([['a'], Number.POSITIVE_INFINITY]);
});
