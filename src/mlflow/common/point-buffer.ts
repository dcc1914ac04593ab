import type { PointBatch, PointDataset } from '../../model.js';
import { splitByDataset } from './dataset-points.js';

/** The most points of one batch. */
export const BATCH_POINTS = 8192;

// Which 32-bit half of an int64 comes first depends on the processor.
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const LOW = LITTLE_ENDIAN ? 0 : 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;
const TWO_32 = 2 ** 32;

/**
 * A buffer for one batch of points while they are parsed. One buffer serves all metrics of a thread: it is filled and emptied between two
 * awaits.
 */
export class PointBuffer {
  readonly #steps = new BigInt64Array(BATCH_POINTS);
  // The steps as 32-bit halves: a BigInt for each point would cost more than parsing everything else.
  readonly #halves = new Int32Array(this.#steps.buffer);
  readonly #values = new Float64Array(BATCH_POINTS);
  readonly #timestamps = new Float64Array(BATCH_POINTS);
  /** By point; empty as long as no point has one, which is nearly always. */
  #datasets: (PointDataset | undefined)[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length === BATCH_POINTS;
  }

  /** Adds a point whose step is a safe integer. */
  push(timestamp: number, value: number, step: number): void {
    const at = this.#length++;
    this.#timestamps[at] = timestamp;
    this.#values[at] = value;
    this.#halves[2 * at + LOW] = step | 0;
    this.#halves[2 * at + HIGH] = Math.floor(step / TWO_32);
  }

  /** Adds a point whose step needs all 64 bits. */
  pushBig(timestamp: number, value: number, step: bigint): void {
    const at = this.#length++;
    this.#timestamps[at] = timestamp;
    this.#values[at] = value;
    this.#steps[at] = step;
  }

  /** Says on what the last point was measured. */
  setDataset(dataset: PointDataset): void {
    this.#datasets[this.#length - 1] = dataset;
  }

  /** Drops points that were not taken because parsing failed. */
  clear(): void {
    this.#length = 0;
    if (this.#datasets.length > 0) this.#datasets = [];
  }

  /** Returns the points as batches that belong to the caller, one for each dataset, and empties the buffer. */
  take(): Iterable<PointBatch> {
    const [length, datasets] = [this.#length, this.#datasets];
    const points = {
      steps: this.#steps.slice(0, length),
      values: this.#values.slice(0, length),
      timestamps: this.#timestamps.slice(0, length),
    };
    this.clear();
    return datasets.length === 0 ? [points] : splitByDataset(points, (at) => [datasets[at]]);
  }
}
