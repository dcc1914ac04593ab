import { describe, expect, test } from '@jest/globals';
import { Backoff, exponential } from '../src/backoff.js';

describe('Backoff', () => {
  test('doubles its pauses up to the longest, and starts over after a success', () => {
    const backoff = new Backoff({ first: 1, longest: 10 });
    expect(backoff.isFailing).toBe(false);
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([1, 2, 4, 8, 10, 10]);
    expect([backoff.isFailing, backoff.failures]).toEqual([true, 6]);
    backoff.reset();
    expect([backoff.isFailing, backoff.failures, backoff.next()]).toEqual([false, 0, 1]);
  });

  test.each([
    [0, 100],
    [0.5, 75],
    [1, 50],
  ])('shortens its pauses by up to the jitter (chance %p)', (chance, pause) => {
    expect(new Backoff({ first: 100, longest: 200, jitter: 0.5, random: () => chance }).next()).toBe(pause);
  });
});

test('exponential gives the pause before a retry without counting', () => {
  const limits = { first: 200, longest: 10_000 };
  expect([1, 2, 3, 7, 2_000].map((retry) => exponential(retry, limits))).toEqual([200, 400, 800, 10_000, 10_000]);
});
