import { expect, test } from '@jest/globals';
import { Backoff } from '../../src/watch/backoff.js';

test('pauses double up to the longest, and begin anew after a success', () => {
  const backoff = new Backoff(1, 10);
  expect(backoff.isFailing).toBe(false);
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([1, 2, 4, 8, 10, 10]);
  expect(backoff.isFailing).toBe(true);
  backoff.reset();
  expect([backoff.isFailing, backoff.next()]).toEqual([false, 1]);
});
