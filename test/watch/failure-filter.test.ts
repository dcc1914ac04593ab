import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { FailureFilter } from '../../src/watch/failure-filter.js';
import { makeRun } from '../report/make-run.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const failed = (where: string) => makeRun({ outcome: 'failed', code: 'damaged-file', where });
const skipped = makeRun({ outcome: 'skipped', code: 'not-a-run' });

test('a written run is news; an unchanged one is not after the first pass', () => {
  const filter = new FailureFilter();
  for (const outcome of ['new', 'updated'] as const) expect(filter.isNews(makeRun({ outcome }), false)).toBe(true);
  expect(filter.isNews(makeRun({ outcome: 'unchanged' }), true)).toBe(true);
  expect(filter.isNews(makeRun({ outcome: 'unchanged' }), false)).toBe(false);
});

test('a failure that does not last is not reported', () => {
  const filter = new FailureFilter();
  expect(filter.isNews(skipped, false)).toBe(false);
  jest.advanceTimersByTime(1_000);
  expect(filter.isNews(skipped, false)).toBe(false);
  expect(filter.isNews(makeRun(), false)).toBe(true);
  jest.advanceTimersByTime(60_000);
  expect(filter.isNews(skipped, false)).toBe(false);
});

test('a failure that lasts is reported once, and again when its reason changes', () => {
  const filter = new FailureFilter();
  filter.isNews(failed('a/meta.yaml'), false);
  jest.advanceTimersByTime(10_000);
  const told = () => filter.isNews(failed('a/meta.yaml'), false);
  expect([told(), told(), told()]).toEqual([true, false, false]);
  expect(filter.isNews(failed('b/meta.yaml'), false)).toBe(false);
  jest.advanceTimersByTime(10_000);
  expect(filter.isNews(failed('b/meta.yaml'), false)).toBe(true);
});

test('a failure in the first pass is reported at once, and not again later', () => {
  const filter = new FailureFilter();
  expect(filter.isNews(skipped, true)).toBe(true);
  jest.advanceTimersByTime(10_000);
  expect(filter.isNews(skipped, false)).toBe(false);
});
