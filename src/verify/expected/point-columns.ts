import type { PointBatch } from '../../model.js';

/** Points of one metric, column by column. Times are seconds. */
export interface PointColumns {
  readonly steps: BigInt64Array;
  readonly values: Float64Array;
  readonly times: Float64Array;
}

/** Gathers points in arrays that grow. */
export class PointCollector {
  length = 0;
  private steps = new BigInt64Array(0);
  private values = new Float64Array(0);
  private times = new Float64Array(0);

  /** Takes a batch whose timestamps are milliseconds. */
  add({ steps, values, timestamps }: PointBatch): void {
    this.reserve(this.length + steps.length);
    this.steps.set(steps, this.length);
    this.values.set(values, this.length);
    for (let i = 0; i < timestamps.length; i++) this.times[this.length + i] = timestamps[i]! / 1000;
    this.length += steps.length;
  }

  /** Takes points whose times are seconds. */
  addColumns({ steps, values, times }: PointColumns): void {
    this.reserve(this.length + steps.length);
    this.steps.set(steps, this.length);
    this.values.set(values, this.length);
    this.times.set(times, this.length);
    this.length += steps.length;
  }

  columns(): PointColumns {
    const { steps, values, times, length } = this;
    return {
      steps: steps.subarray(0, length),
      values: values.subarray(0, length),
      times: times.subarray(0, length),
    };
  }

  private reserve(length: number): void {
    if (length <= this.steps.length) return;
    const size = this.length === 0 ? length : Math.max(length, this.length * 2);
    this.steps = grown(this.steps, size, BigInt64Array);
    this.values = grown(this.values, size, Float64Array);
    this.times = grown(this.times, size, Float64Array);
  }
}

function grown<T extends BigInt64Array | Float64Array>(old: T, size: number, Type: new (size: number) => T): T {
  const array = new Type(size);
  array.set(old as never);
  return array;
}

/** The points at these indices. */
export function pick({ steps, values, times }: PointColumns, indices: Uint32Array): PointColumns {
  const picked = {
    steps: new BigInt64Array(indices.length),
    values: new Float64Array(indices.length),
    times: new Float64Array(indices.length),
  };
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]!;
    picked.steps[i] = steps[at]!;
    picked.values[i] = values[at]!;
    picked.times[i] = times[at]!;
  }
  return picked;
}
