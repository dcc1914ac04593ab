import type { PointBatch } from '../../model.js';
import { BATCH_POINTS } from '../common/point-buffer.js';

const LARGEST = Number.MAX_VALUE;

/** One point of a metric. */
export interface HistoryPoint {
  readonly step: bigint;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** Points in columns, 24 bytes each, in the order in which they were added. */
export class PointList {
  #steps = new BigInt64Array(1024);
  #values = new Float64Array(1024);
  #timestamps = new Float64Array(1024);
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

  append({ timestamps, values, steps }: PointBatch): void {
    for (let at = 0; at < steps.length; at++) this.push(timestamps[at]!, values[at]!, steps[at]!);
  }

  /** Turns ±1.7976931348623157e308 into ±infinity, which databases keep as that. */
  restoreInfinities(): void {
    for (let at = 0; at < this.#length; at++) {
      if (this.#values[at] === LARGEST) this.#values[at] = Infinity;
      else if (this.#values[at] === -LARGEST) this.#values[at] = -Infinity;
    }
  }

  /** Sorts by timestamp, step and value; NaN counts as 0, as a database keeps it. The sort is stable. */
  sort(): void {
    if (this.#isSorted()) return;
    const order = Uint32Array.from({ length: this.#length }, (_, at) => at).sort(
      (a, b) => this.#compare(a, b) || a - b,
    );
    const [steps, values, timestamps] = [this.#steps, this.#values, this.#timestamps];
    this.#steps = BigInt64Array.from(order, (at) => steps[at]!);
    this.#values = Float64Array.from(order, (at) => values[at]!);
    this.#timestamps = Float64Array.from(order, (at) => timestamps[at]!);
  }

  /** Copies points into batches of at most {@link BATCH_POINTS}, which belong to the caller. */
  *batches(from = 0, to = this.#length): Generator<PointBatch, void, void> {
    for (let begin = from; begin < to; begin += BATCH_POINTS) {
      const end = Math.min(begin + BATCH_POINTS, to);
      yield {
        steps: this.#steps.slice(begin, end),
        values: this.#values.slice(begin, end),
        timestamps: this.#timestamps.slice(begin, end),
      };
    }
  }

  /** The last point, if there is one. */
  last(): HistoryPoint | undefined {
    return this.#length === 0 ? undefined : this.#at(this.#length - 1);
  }

  /** How many of the first points the page before had already, if it ended with `last`: those up to that point. */
  countRepeated(last: HistoryPoint): number {
    let count = 0;
    while (count < this.#length && compare(this.#at(count), last) <= 0) count++;
    return count > 0 && compare(this.#at(count - 1), last) === 0 ? count : 0;
  }

  #at(index: number): HistoryPoint {
    return { step: this.#steps[index]!, value: this.#values[index]!, timestamp: this.#timestamps[index]! };
  }

  #isSorted(): boolean {
    for (let at = 1; at < this.#length; at++) if (this.#compare(at - 1, at) > 0) return false;
    return true;
  }

  #compare(a: number, b: number): number {
    const time = this.#timestamps[a]! - this.#timestamps[b]!;
    if (time !== 0) return time;
    const [stepA, stepB] = [this.#steps[a]!, this.#steps[b]!];
    if (stepA !== stepB) return stepA < stepB ? -1 : 1;
    return order(this.#values[a]!, this.#values[b]!);
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

function compare(a: HistoryPoint, b: HistoryPoint): number {
  return order(a.timestamp, b.timestamp) || order(a.step, b.step) || order(a.value, b.value);
}

/** A database keeps NaN as 0. */
function order(a: number | bigint, b: number | bigint): number {
  const [left, right] = [a || 0, b || 0];
  return left < right ? -1 : Number(left > right);
}
