import fc from 'fast-check';
import type { PointBatch } from '../../src/model.js';

export interface Point {
  readonly step: bigint;
  readonly value: number;
  /** Milliseconds. */
  readonly timestamp: number;
}

export function batchOf(points: readonly Point[]): PointBatch {
  return {
    steps: BigInt64Array.from(points, (point) => point.step),
    values: Float64Array.from(points, (point) => point.value),
    timestamps: Float64Array.from(points, (point) => point.timestamp),
  };
}

/** Steps as they come in practice, and the corners of int64. */
export const step = fc.oneof(
  fc.bigInt({ min: -5n, max: 20n }),
  fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 31n),
);

export const point: fc.Arbitrary<Point> = fc.record({
  step,
  value: fc.oneof(
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324),
  ),
  timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});
