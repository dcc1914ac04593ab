import type { PointBatch } from '../../model.js';

/** One point of a metric. */
export interface MetricPoint {
  readonly step: bigint;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/**
 * Compares point `i` of `a` with point `j` of `b` by timestamp, step and value: the order in which a database, or a server in
 * front of one, returns the points of a metric. NaN, which MLflow stores as 0 with a flag, follows 0; 0 and −0 are equal.
 *
 * MLflow itself sorts without the flag, so a database may return 0 and NaN either way round.
 */
export function compareArrival(a: PointBatch, i: number, b: PointBatch, j: number): number {
  const time = a.timestamps[i]! - b.timestamps[j]!;
  if (time !== 0) return time;
  // each is a BigInt: read only if the times do not decide
  const [stepA, stepB] = [a.steps[i]!, b.steps[j]!];
  if (stepA !== stepB) return stepA < stepB ? -1 : 1;
  const [valueA, valueB] = [a.values[i]!, b.values[j]!];
  const [storedA, storedB] = [valueA || 0, valueB || 0];
  if (storedA !== storedB) return storedA < storedB ? -1 : 1;
  return Number(Number.isNaN(valueA)) - Number(Number.isNaN(valueB));
}

/** Sorts the points from `begin` to `end` in place by {@link compareArrival}. Equal points keep their order. */
export function sortByArrival(points: PointBatch, begin: number, end: number): void {
  if (isSorted(points, begin, end)) return;
  const order = Uint32Array.from({ length: end - begin }, (_, i) => begin + i);
  order.sort((i, j) => compareArrival(points, i, points, j) || i - j);
  const { steps, values, timestamps } = points;
  const sorted = {
    steps: BigInt64Array.from(order, (i) => steps[i]!),
    values: Float64Array.from(order, (i) => values[i]!),
    timestamps: Float64Array.from(order, (i) => timestamps[i]!),
  };
  steps.set(sorted.steps, begin);
  values.set(sorted.values, begin);
  timestamps.set(sorted.timestamps, begin);
}

function isSorted(points: PointBatch, begin: number, end: number): boolean {
  for (let i = begin + 1; i < end; i++) if (compareArrival(points, i - 1, points, i) > 0) return false;
  return true;
}

/** A batch of one point, to compare others with. */
export function columnsOf({ step, value, timestamp }: MetricPoint): PointBatch {
  return {
    steps: BigInt64Array.of(step),
    values: Float64Array.of(value),
    timestamps: Float64Array.of(timestamp),
  };
}
