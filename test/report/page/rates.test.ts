import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rates } from '../../../src/report/page/rates.js';

describe('the rates of a chart', () => {
  test('of whole intervals', () => {
    expect(rates([5, 10], 0.5, 1)).toEqual([
      [0, 0.5, 1],
      [10, 20, 20],
    ]);
  });

  test('of a last interval that is not over count the time that has passed', () => {
    expect(rates([10, 6], 1, 1.75)).toEqual([
      [0, 1, 1.75],
      [10, 8, 8],
    ]);
  });

  test('of a short rest are those of the interval before', () => {
    const [times, values] = rates([10, 4], 1, 1.4);
    expect(times).toEqual([0, 1.4]);
    expect(values[0]).toBeCloseTo(10);
  });

  test('of nothing are none', () => expect(rates([], 1, 0)).toEqual([[], []]));

  test('hold all amounts, in few columns', () => {
    const amounts = fc.array(fc.nat({ max: 1e6 }), { minLength: 1, maxLength: 256 });
    const cases = fc.tuple(
      amounts,
      fc.double({ min: 0.05, max: 1e4, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(cases, ([all, interval, rest]) => {
        const seconds = (all.length - 1 + rest) * interval;
        const [times, values] = rates(all, interval, seconds);
        expect(times.length).toBeLessThanOrEqual(97);
        expect(times.at(-1)).toBeCloseTo(seconds, 6);
        const total = values.slice(0, -1).reduce((sum, rate, i) => sum + rate * (times[i + 1]! - times[i]!), 0);
        const expected = all.reduce((sum, one) => sum + one, 0);
        expect(Math.abs(total - expected)).toBeLessThanOrEqual(1e-6 * (1 + expected));
      }),
    );
  });
});
