import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { FailureFilter } from '../../src/watch/failure-filter.js';
import { makeRun } from '../report/make-run.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const failed = (reason: string) => makeRun({ outcome: 'failed', reason });
const skipped = makeRun({ outcome: 'skipped', reason: 'It is half made.' });

test('what was written is news, what was found unchanged is none after the first pass', () => {
  const troubles = new FailureFilter();
  for (const outcome of ['new', 'updated'] as const) expect(troubles.isNews(makeRun({ outcome }), false)).toBe(true);
  expect(troubles.isNews(makeRun({ outcome: 'unchanged' }), true)).toBe(true);
  expect(troubles.isNews(makeRun({ outcome: 'unchanged' }), false)).toBe(false);
});

test('a run that is half made is not talked about', () => {
  const troubles = new FailureFilter();
  expect(troubles.isNews(skipped, false)).toBe(false);
  jest.advanceTimersByTime(1_000);
  expect(troubles.isNews(skipped, false)).toBe(false);
  expect(troubles.isNews(makeRun(), false)).toBe(true);
  jest.advanceTimersByTime(60_000);
  expect(troubles.isNews(skipped, false)).toBe(false);
});

test('a trouble that lasts is told once, another one again', () => {
  const troubles = new FailureFilter();
  troubles.isNews(failed('It broke.'), false);
  jest.advanceTimersByTime(10_000);
  const told = () => troubles.isNews(failed('It broke.'), false);
  expect([told(), told(), told()]).toEqual([true, false, false]);
  expect(troubles.isNews(failed('Something else.'), false)).toBe(false);
  jest.advanceTimersByTime(10_000);
  expect(troubles.isNews(failed('Something else.'), false)).toBe(true);
});

test('in the first pass each trouble is told at once, and not again later', () => {
  const troubles = new FailureFilter();
  expect(troubles.isNews(skipped, true)).toBe(true);
  jest.advanceTimersByTime(10_000);
  expect(troubles.isNews(skipped, false)).toBe(false);
});
