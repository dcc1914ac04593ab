import type { PointBatch } from '../../model.js';
import { columnsOf, compareArrival, type MetricPoint, sortByArrival } from '../common/arrival-order.js';
import { BATCH_POINTS } from '../common/point-buffer.js';

// Which 32-bit half of an int64 comes first depends on the processor.
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const LOW = LITTLE_ENDIAN ? 0 : 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;
const TWO_32 = 2 ** 32;

/** MLflow writes this for ±infinity, which not all databases can store (docs/mlflow-sources.md §3.3). */
const INFINITE = Number.MAX_VALUE;

/** The points of one metric as growable columns that can be sorted into arrival order. */
export class MetricColumns {
  #length = 0;
  #steps: BigInt64Array;
  // The steps as 32-bit halves: a BigInt for each point would cost more than everything else.
  #halves: Int32Array;
  #values: Float64Array;
  #timestamps: Float64Array;

  constructor(capacity = 64) {
    this.#steps = new BigInt64Array(capacity);
    this.#halves = new Int32Array(this.#steps.buffer);
    this.#values = new Float64Array(capacity);
    this.#timestamps = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a point with its step as two 32-bit words. The value that stands for infinity becomes infinity. */
  pushWords(timestamp: number, value: number, high: number, low: number): void {
    const at = this.#add(timestamp, value);
    this.#halves[2 * at + LOW] = low;
    this.#halves[2 * at + HIGH] = high;
  }

  /** Adds a point whose step is a safe integer, or the digits of any other integer. */
  push(timestamp: number, value: number, step: number | string): void {
    const at = this.#add(timestamp, value);
    if (typeof step === 'string') {
      this.#steps[at] = BigInt(step);
      return;
    }
    this.#halves[2 * at + LOW] = step | 0;
    this.#halves[2 * at + HIGH] = Math.floor(step / TWO_32);
  }

  #add(timestamp: number, value: number): number {
    if (this.#length === this.#values.length) this.#grow();
    const at = this.#length++;
    this.#timestamps[at] = timestamp;
    this.#values[at] = value === INFINITE ? Infinity : value === -INFINITE ? -Infinity : value;
    return at;
  }

  #grow(): void {
    const capacity = 2 * this.#values.length;
    const steps = new BigInt64Array(capacity);
    steps.set(this.#steps);
    const [values, timestamps] = [new Float64Array(capacity), new Float64Array(capacity)];
    values.set(this.#values);
    timestamps.set(this.#timestamps);
    [this.#steps, this.#halves] = [steps, new Int32Array(steps.buffer)];
    [this.#values, this.#timestamps] = [values, timestamps];
  }

  /** Sorts the points into arrival order. */
  sort(): void {
    sortByArrival(this.#points, 0, this.#length);
  }

  /** The index of the first point after this one. The points must be in arrival order. */
  indexBehind(point: MetricPoint | undefined): number {
    if (point === undefined) return 0;
    const [points, last] = [this.#points, columnsOf(point)];
    let from = 0;
    let to = this.#length;
    while (from < to) {
      const at = (from + to) >>> 1;
      if (compareArrival(points, at, last, 0) > 0) to = at;
      else from = at + 1;
    }
    return from;
  }

  get #points(): PointBatch {
    return { steps: this.#steps, values: this.#values, timestamps: this.#timestamps };
  }

  /** The points, or some of them, as batches that belong to the caller. The columns stay as they are. */
  *batches(begin = 0, end = this.#length): Generator<PointBatch, void, void> {
    for (let from = begin; from < end; from += BATCH_POINTS) {
      const to = Math.min(from + BATCH_POINTS, end);
      yield {
        steps: this.#steps.slice(from, to),
        values: this.#values.slice(from, to),
        timestamps: this.#timestamps.slice(from, to),
      };
    }
  }

  /** Forgets the points and keeps the space. */
  clear(): void {
    this.#length = 0;
  }
}
