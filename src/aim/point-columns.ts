import type { PointBatch } from '../model.js';

/** Columns for this many points. */
function emptyColumns(count: number): PointBatch {
  return {
    steps: new BigInt64Array(count),
    values: new Float64Array(count),
    timestamps: new Float64Array(count),
  };
}

/**
 * Collects the batches of a metric in one set of columns, which is reused for the next metric. A metric that arrives in a
 * single batch, as most do, is not copied.
 */
export class PointColumns {
  /** The only batch so far. */
  private single: PointBatch | undefined;
  /** The points of several batches, with spare room behind them. */
  private columns = emptyColumns(0);
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** Takes ownership of the batch: it must not change while its points are in use. */
  push(batch: PointBatch): void {
    if (this.count === 0) {
      this.single = batch;
      this.count = batch.steps.length;
      return;
    }
    const needed = this.count + batch.steps.length;
    if (needed > this.columns.steps.length) this.grow(Math.max(needed, this.columns.steps.length * 2));
    if (this.single !== undefined) setPoints(this.columns, this.single, 0);
    this.single = undefined;
    setPoints(this.columns, batch, this.count);
    this.count = needed;
  }

  /** The points so far; valid until the next {@link push} or {@link clear}. */
  view(): PointBatch {
    return this.single ?? slicePoints(this.columns, 0, this.count);
  }

  clear(): void {
    this.single = undefined;
    this.count = 0;
  }

  private grow(capacity: number): void {
    const larger = emptyColumns(capacity);
    if (this.single === undefined) setPoints(larger, this.view(), 0);
    this.columns = larger;
  }
}

function setPoints(target: PointBatch, points: PointBatch, at: number): void {
  target.steps.set(points.steps, at);
  target.values.set(points.values, at);
  target.timestamps.set(points.timestamps, at);
}

/** The points at these indices, in this order. */
export function gather(points: PointBatch, order: Uint32Array): PointBatch {
  const count = order.length;
  const gathered = emptyColumns(count);
  const { steps, values, timestamps } = gathered;
  const from = new Int32Array(points.steps.buffer, points.steps.byteOffset, points.steps.length * 2);
  const to = new Int32Array(steps.buffer);
  for (let i = 0; i < count; i++) {
    const at = order[i]!;
    to[i * 2] = from[at * 2]!;
    to[i * 2 + 1] = from[at * 2 + 1]!;
    values[i] = points.values[at]!;
    timestamps[i] = points.timestamps[at]!;
  }
  return gathered;
}

/** A slice of each column; views, no copies. */
export function slicePoints(points: PointBatch, from: number, to?: number): PointBatch {
  return {
    steps: points.steps.subarray(from, to),
    values: points.values.subarray(from, to),
    timestamps: points.timestamps.subarray(from, to),
  };
}

/** The same points at the steps `first`, `first` + 1 … */
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
