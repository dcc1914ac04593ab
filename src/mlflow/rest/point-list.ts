import type { PointBatch, PointDataset } from '../../model.js';
import { columnsOf, compareArrival, type MetricPoint, sortByArrival } from '../common/arrival-order.js';
import { BATCH_POINTS } from '../common/point-buffer.js';
import type { ServerPoints } from './server-points.js';

/** What databases keep of infinity. */
export const LARGEST = Number.MAX_VALUE;

/** Points in columns, 24 bytes each, in the order in which they were added. */
export class PointList {
  #steps = new BigInt64Array(1024);
  #values = new Float64Array(1024);
  #timestamps = new Float64Array(1024);
  /** By point; empty as long as none has one. Such points are not sorted: only file stores tell, and those keep their order. */
  #datasets: (PointDataset | undefined)[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(timestamp: number, value: number, step: bigint): void {
    if (this.#length === this.#values.length) this.#enlarge();
    const at = this.#length++;
    this.#steps[at] = step;
    this.#values[at] = value;
    this.#timestamps[at] = timestamp;
  }

  /** Says on what the last point was measured. */
  setDataset(dataset: PointDataset): void {
    this.#datasets[this.#length - 1] = dataset;
  }

  append({ timestamps, values, steps }: PointBatch): void {
    for (let at = 0; at < steps.length; at++) this.push(timestamps[at]!, values[at]!, steps[at]!);
  }

  /** Turns ±{@link LARGEST} into ±infinity. */
  restoreInfinities(): void {
    for (let at = 0; at < this.#length; at++) {
      if (this.#values[at] === LARGEST) this.#values[at] = Infinity;
      else if (this.#values[at] === -LARGEST) this.#values[at] = -Infinity;
    }
  }

  /** Sorts the points, or some of them, into arrival order. */
  sort(from = 0, to = this.#length): void {
    sortByArrival(this.#points, from, to);
  }

  /** Copies points into batches of at most {@link BATCH_POINTS}, which belong to the caller. */
  *batches(from = 0, to = this.#length): Generator<ServerPoints, void, void> {
    for (let begin = from; begin < to; begin += BATCH_POINTS) {
      const end = Math.min(begin + BATCH_POINTS, to);
      yield {
        steps: this.#steps.slice(begin, end),
        values: this.#values.slice(begin, end),
        timestamps: this.#timestamps.slice(begin, end),
        ...(this.#datasets.length > 0 && { datasets: this.#datasets.slice(begin, end) }),
      };
    }
  }

  /** The last point, if there is one. */
  last(): MetricPoint | undefined {
    return this.#length === 0 ? undefined : this.#at(this.#length - 1);
  }

  /** How many of the first points the page before had already, if it ended with `last`: those up to that point. */
  countRepeated(last: MetricPoint): number {
    const [points, end] = [this.#points, columnsOf(last)];
    let count = 0;
    while (count < this.#length && compareArrival(points, count, end, 0) <= 0) count++;
    return count > 0 && compareArrival(points, count - 1, end, 0) === 0 ? count : 0;
  }

  get #points(): PointBatch {
    return { steps: this.#steps, values: this.#values, timestamps: this.#timestamps };
  }

  #at(index: number): MetricPoint {
    return { step: this.#steps[index]!, value: this.#values[index]!, timestamp: this.#timestamps[index]! };
  }

  #enlarge(): void {
    const copied = <T extends BigInt64Array | Float64Array>(column: T, larger: T): T => {
      larger.set(column as never);
      return larger;
    };
    const size = this.#length * 2;
    this.#steps = copied(this.#steps, new BigInt64Array(size));
    this.#values = copied(this.#values, new Float64Array(size));
    this.#timestamps = copied(this.#timestamps, new Float64Array(size));
  }
}
