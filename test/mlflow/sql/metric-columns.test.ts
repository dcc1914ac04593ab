import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MetricColumns } from '../../../src/mlflow/sql/metric-columns.js';
import { type Point, point } from '../../support/points.js';

function columnsOf(points: readonly Point[]): MetricColumns {
  const columns = new MetricColumns(2);
  for (const { timestamp, value, step } of points) {
    columns.push(timestamp, value, Number.isSafeInteger(Number(step)) ? Number(step) : String(step));
  }
  return columns;
}

function pointsOf(columns: MetricColumns): Point[] {
  return [...columns.batches()].flatMap(({ steps, values, timestamps }) =>
    [...steps].map((step, at) => ({ step, value: values[at] ?? 0, timestamp: timestamps[at] ?? 0 })),
  );
}

/** As `ORDER BY timestamp, step, value, is_nan` sorts what MLflow stores. */
function inArrivalOrder(points: readonly Point[]): Point[] {
  const stored = (value: number): number => (Number.isNaN(value) ? 0 : value);
  return points.toSorted((a, b) => {
    if (a.timestamp !== b.timestamp) return a.timestamp - b.timestamp;
    if (a.step !== b.step) return a.step < b.step ? -1 : 1;
    if (stored(a.value) !== stored(b.value)) return stored(a.value) < stored(b.value) ? -1 : 1;
    return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
  });
}

const crowded = fc
  .tuple(point, fc.integer({ min: 0, max: 3 }))
  .map(([some, timestamp]): Point => ({ ...some, timestamp }));

test('points come out as they went in, and sorted when asked', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(point, crowded), { maxLength: 60 }), (some) => {
      const points = some.filter(({ value }) => Math.abs(value) !== Number.MAX_VALUE);
      const columns = columnsOf(points);
      expect(pointsOf(columns)).toEqual(points);
      columns.sort();
      expect(pointsOf(columns)).toEqual(inArrivalOrder(points));
    }),
  );
});

test('the largest doubles are infinities', () => {
  const largest = [Number.MAX_VALUE, -Number.MAX_VALUE].map((value) => ({ timestamp: 0, value, step: 0n }));
  expect(pointsOf(columnsOf(largest)).map(({ value }) => value)).toEqual([Infinity, -Infinity]);
});

test('batches are of bounded size and belong to the receiver', () => {
  const columns = columnsOf(
    Array.from({ length: 20_000 }, (_, at) => ({ timestamp: at, value: at, step: BigInt(at) })),
  );
  const sizes = [...columns.batches()].map((batch) => {
    batch.values.fill(-1);
    return batch.steps.length;
  });
  expect(sizes).toEqual([8192, 8192, 3616]);
  expect(pointsOf(columns).every(({ value }, at) => value === at)).toBe(true);
});
