import { expect, test } from '@jest/globals';
import { MissedRuns } from '../../src/state/missed-runs.js';

const MINUTE = 60_000;

test('a run counts as deleted once it has been missing for ten minutes without a break', () => {
  let now = 5;
  const missed = new MissedRuns(() => now);
  const after = (minutes: number, ...missing: string[]) => {
    now += minutes * MINUTE;
    return missed.confirm(missing);
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

test('a store that is swapped for nine minutes loses no run, however often it is listed', () => {
  let now = 0;
  const missed = new MissedRuns(() => now);
  for (; now < 9 * MINUTE; now += 1_000) expect(missed.confirm(['a', 'b'])).toEqual([]);
  expect(missed.confirm([])).toEqual([]);
  now += 10 * MINUTE;
  expect(missed.confirm(['a'])).toEqual([]);
});
