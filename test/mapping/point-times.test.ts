import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inMilliseconds } from '../../src/mapping/point-times.js';

/** February 2019, milliseconds. */
const START = 1_549_396_300_000;
const DAY = 86_400_000;

function times(given: readonly number[], startTime: number | undefined): number[] {
  const timestamps = Float64Array.from(given);
  inMilliseconds(timestamps, startTime);
  return [...timestamps];
}

describe('times of points', () => {
  test('in seconds, as MLflow before 1.0 logged them, become milliseconds', () => {
    expect(times([1_549_396_300, 1_549_396_301], START)).toEqual([START, START + 1000]);
  });

  test('of a run that a later MLflow went on with are told apart one by one', () => {
    expect(times([1_549_396_301, START + 2000], START)).toEqual([START + 1000, START + 2000]);
  });

  test.each([
    ['steps and seconds since the start', [0, 1, 100_000], START],
    ['seconds of a day long before the run', [1_400_000_000], START],
    ['times of a run without a start', [1_549_396_300], undefined],
    ['times of a run whose start is in seconds, too', [1_549_396_300], 1_549_396_300],
  ])('(%s) stay as they are', (_, given, startTime) => {
    expect(times(given, startTime)).toEqual(given);
  });

  test('in milliseconds stay as they are, whenever MLflow wrote them', () => {
    const since2015 = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2100, 0) });
    fc.assert(fc.property(since2015, since2015, (time, start) => times([time], start)[0] === time));
  });

  test('in seconds become milliseconds for every run that had begun by then', () => {
    const start = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2100, 0) });
    const later = fc.integer({ min: -DAY / 1000, max: 10 * 365 * 86_400 });
    fc.assert(
      fc.property(start, later, (from, seconds) => {
        const time = Math.ceil(from / 1000) + seconds;
        return times([time], from)[0] === time * 1000;
      }),
    );
  });
});
