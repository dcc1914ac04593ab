import type { PointBatch } from '../model.js';

/** Collects batches of points into one set of columns, which is used again for the next metric. */
export class PointColumns {
  private steps: BigInt64Array;
  private values: Float64Array;
  private timestamps: Float64Array;
  private count = 0;

  constructor(capacity = 4096) {
    this.steps = new BigInt64Array(capacity);
    this.values = new Float64Array(capacity);
    this.timestamps = new Float64Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  push(batch: PointBatch): void {
    const needed = this.count + batch.steps.length;
    if (needed > this.steps.length) this.grow(Math.max(needed, this.steps.length * 2));
    this.steps.set(batch.steps, this.count);
    this.values.set(batch.values, this.count);
    this.timestamps.set(batch.timestamps, this.count);
    this.count = needed;
  }

  /** The points so far; a view that is valid until the next {@link push} or {@link clear}. */
  view(): PointBatch {
    return {
      steps: this.steps.subarray(0, this.count),
      values: this.values.subarray(0, this.count),
      timestamps: this.timestamps.subarray(0, this.count),
    };
  }

  clear(): void {
    this.count = 0;
  }

  private grow(capacity: number): void {
    const { steps, values, timestamps } = this.view();
    this.steps = new BigInt64Array(capacity);
    this.values = new Float64Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.steps.set(steps);
    this.values.set(values);
    this.timestamps.set(timestamps);
  }
}

/** The points at these indices, in their order. */
export function gather(points: PointBatch, order: Uint32Array): PointBatch {
  const count = order.length;
  const steps = new BigInt64Array(count);
  const values = new Float64Array(count);
  const timestamps = new Float64Array(count);
  const from = new Int32Array(points.steps.buffer, points.steps.byteOffset, points.steps.length * 2);
  const to = new Int32Array(steps.buffer);
  for (let i = 0; i < count; i++) {
    const at = order[i]!;
    to[i * 2] = from[at * 2]!;
    to[i * 2 + 1] = from[at * 2 + 1]!;
    values[i] = points.values[at]!;
    timestamps[i] = points.timestamps[at]!;
  }
  return { steps, values, timestamps };
}

/** A slice of each column; views, no copies. */
export function slicePoints(points: PointBatch, from: number, to?: number): PointBatch {
  return {
    steps: points.steps.subarray(from, to),
    values: points.values.subarray(from, to),
    timestamps: points.timestamps.subarray(from, to),
  };
}

/** The same points on the steps `first`, `first` + 1 … */
export function renumber(points: PointBatch, first: number): PointBatch {
  const steps = new BigInt64Array(points.steps.length);
  const words = new Int32Array(steps.buffer);
  for (let i = 0; i < steps.length; i++) {
    const step = first + i;
    words[i * 2] = step | 0;
    words[i * 2 + 1] = Math.floor(step / 0x1_0000_0000);
  }
  return { steps, values: points.values, timestamps: points.timestamps };
}
