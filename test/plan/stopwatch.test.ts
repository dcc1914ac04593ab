import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startStopwatch, timeAlone } from '../../src/plan/stopwatch.js';

describe('the time that something would have taken on a machine with nothing else to do', () => {
  test.each([
    ['nothing else was done', 10, { own: 18, delayed: 1, all: 18 }, 2, 10],
    ['its two threads shared two processors with two others', 10, { own: 10, delayed: 10, all: 20 }, 2, 5],
    ['its two threads shared them with eight others', 10, { own: 4, delayed: 16, all: 20 }, 2, 2],
    ['another program had the other processor', 10, { own: 10, delayed: 0, all: 20 }, 2, 10],
    ['its threads waited for one another in turn', 10, { own: 2, delayed: 8, all: 20 }, 2, 2],
    ['it waited for a disk most of the time', 10, { own: 2, delayed: 2, all: 20 }, 2, 8],
    ['its own threads waited for each other', 10, { own: 20, delayed: 10, all: 20 }, 2, 10],
    ['the system does not count what threads wait', 10, { own: 5, delayed: 0, all: 20 }, 2, 10],
    ['a thread has ended, and what it had waited is counted no more', 10, { own: 5, delayed: -3, all: 20 }, 2, 10],
  ])('%s', (_, wall, spent, processors, alone) => {
    expect(timeAlone(wall, spent, processors)).toBeCloseTo(alone, 6);
  });

  test('is never longer than what it took, nor shorter than its work on all processors', () => {
    const seconds = fc.double({ min: 0, max: 1e4, noNaN: true });
    const count = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(seconds, seconds, seconds, seconds, count, (wall, work, delayed, others, processors) => {
        const own = Math.min(work, wall * processors);
        const alone = timeAlone(wall, { own, delayed, all: own + others }, processors);
        expect(alone).toBeLessThanOrEqual(wall);
        expect(alone).toBeGreaterThanOrEqual(Math.min(wall, own / processors));
      }),
      { numRuns: 300 },
    );
  });
});

test('a stopwatch tells both times', () => {
  const elapsed = startStopwatch();
  let sum = 0;
  while (elapsed().wall < 0.02) sum += Math.sqrt(sum + 1);
  const { wall, alone } = elapsed();
  expect(wall).toBeGreaterThanOrEqual(0.02);
  expect(alone).toBeGreaterThan(0);
  expect(alone).toBeLessThanOrEqual(wall);
});
