import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Throughput } from '../../src/report/throughput.js';

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);

test('counts in the interval in which something happens', () => {
  let now = 1_000;
  const throughput = new Throughput(() => now);
  throughput.add('points', 5);
  now += 240;
  throughput.add('runs', 1);
  now += 400;
  throughput.add('artifactBytes', 7);
  expect(throughput.numbers()).toEqual({
    interval: 0.2,
    runs: [0, 1, 0, 0],
    points: [5, 0, 0, 0],
    artifactBytes: [0, 0, 0, 7],
  });
});

test('stays small however long it takes, and loses nothing', () => {
  const step = fc.record({ after: fc.nat({ max: 3_600_000 }), points: fc.nat({ max: 1_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat({ max: 1e9 }), (steps, rest) => {
      let now = 0;
      const throughput = new Throughput(() => now);
      for (const { after, points } of steps) {
        now += after;
        throughput.add('points', points);
        throughput.add('artifactBytes', 1);
        throughput.add('runs', 1);
      }
      now += rest;
      const { interval, runs, points, artifactBytes } = throughput.numbers();
      expect(runs.length).toBeLessThanOrEqual(256);
      expect([points.length, artifactBytes.length]).toEqual([runs.length, runs.length]);
      expect(sum(points)).toBe(sum(steps.map((one) => one.points)));
      expect([sum(runs), sum(artifactBytes)]).toEqual([steps.length, steps.length]);
      // the present is in the last interval
      expect(Math.floor(now / (interval * 1000))).toBe(runs.length - 1);
    }),
  );
});
