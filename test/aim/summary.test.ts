import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Summarizer } from '../../src/aim/summary.js';
import { batchOf, type Point, point } from '../support/points.js';

/** What Aim's tracker does, told again in its own terms: points one by one, in order of step. */
function trackOneByOne(points: readonly Point[]) {
  let count = 0n;
  let [max, min] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const summary: Record<string, number | bigint> = {};
  for (const { step, value } of [...points].sort((a, b) => (a.step < b.step ? -1 : 1))) {
    if (count === 0n) Object.assign(summary, { first: value, firstStep: step });
    if (step >= count) {
      Object.assign(summary, { last: value, lastStep: step });
      count = step + 1n;
    }
    if (value > max) summary.max = max = value;
    if (value < min) summary.min = min = value;
  }
  return summary;
}

function summarize(points: readonly Point[]) {
  const summarizer = new Summarizer();
  const half = Math.floor(points.length / 2);
  for (const part of [points.slice(0, half), points.slice(half)]) {
    summarizer.add(batchOf(part), Uint32Array.from(part.keys()));
  }
  return summarizer.finish();
}

describe('the summary of a metric', () => {
  test("is what Aim's SDK writes for points tracked in order of step", () => {
    const points = fc.uniqueArray(point, { selector: ({ step }) => step, minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(points, (list) => {
        const expected = trackOneByOne(list);
        if (list.every(({ step }) => step < 0n)) return;
        expect(summarize(list)).toEqual(expected);
      }),
    );
  });

  test('has a last point even when all steps are negative', () => {
    const points = [-3n, -1n, -2n].map((step) => ({ step, value: Number(step), timestamp: 0 }));
    expect(summarize(points)).toMatchObject({ first: -1, firstStep: -1n, last: -1, lastStep: -1n, min: -3, max: -1 });
  });

  test('has no minimum and maximum when all values are NaN', () => {
    const points = [0n, 1n].map((step) => ({ step, value: Number.NaN, timestamp: 0 }));
    expect(summarize(points)).toEqual({ first: Number.NaN, firstStep: 0n, last: Number.NaN, lastStep: 1n });
  });
});
