import { expect, test } from '@jest/globals';
import { Retries } from '../../src/state/retries.js';

test('a run is retried at once, and then every ten minutes', () => {
  let now = 1_000;
  const retries = new Retries(() => now);
  expect([retries.isDue('a'), retries.isDue('a'), retries.isDue('b')]).toEqual([true, false, true]);
  now += 599_999;
  expect(retries.isDue('a')).toBe(false);
  now += 1;
  expect([retries.isDue('a'), retries.isDue('a')]).toEqual([true, false]);
});
