import { expect, test } from '@jest/globals';
import { MissedRuns } from '../../src/state/missed-runs.js';

const MINUTE = 60_000;

test('a run is gone when it was missed ten minutes ago and ever since', () => {
  let now = 5;
  const missed = new MissedRuns(() => now);
  const after = (minutes: number, ...missing: string[]) => {
    now += minutes * MINUTE;
    return missed.gone(missing);
  };
  expect(after(0, 'a')).toEqual([]);
  expect(after(9, 'a', 'b')).toEqual([]);
  expect(after(1, 'a', 'b')).toEqual(['a']);
  // b was there for a moment
  expect(after(1, 'a')).toEqual(['a']);
  expect(after(9, 'a', 'b')).toEqual(['a']);
  expect(after(9, 'b')).toEqual([]);
  expect(after(1, 'b')).toEqual(['b']);
});

test('a store that is swapped for nine minutes costs nothing, however often it is looked at', () => {
  let now = 0;
  const missed = new MissedRuns(() => now);
  for (; now < 9 * MINUTE; now += 1_000) expect(missed.gone(['a', 'b'])).toEqual([]);
  expect(missed.gone([])).toEqual([]);
  now += 10 * MINUTE;
  expect(missed.gone(['a'])).toEqual([]);
});
