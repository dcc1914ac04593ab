import type { PointBatch } from 'mlflow2aim';

const INTEGER = /^-?\d{1,18}$/;

/** Gathers points column by column. */
export class PointColumns {
  #steps: bigint[] = [];
  #values: number[] = [];
  #timestamps: number[] = [];

  get length(): number {
    return this.#steps.length;
  }

  /** Adds a point as a file has it, or returns why it is none. */
  add(step: string, time: string, value: string): string | undefined {
    if (!INTEGER.test(step)) return `"${step}" is no step`;
    const timestamp = Date.parse(time);
    if (Number.isNaN(timestamp)) return `"${time}" is no time`;
    const number = Number(value);
    if (Number.isNaN(number) && value.toLowerCase() !== 'nan') return `"${value}" is no number`;
    this.#steps.push(BigInt(step));
    this.#values.push(number);
    this.#timestamps.push(timestamp);
    return undefined;
  }

  /** The points so far, which belong to the caller from now on. */
  take(): PointBatch {
    const batch = {
      steps: BigInt64Array.from(this.#steps),
      values: Float64Array.from(this.#values),
      timestamps: Float64Array.from(this.#timestamps),
    };
    this.#steps = [];
    this.#values = [];
    this.#timestamps = [];
    return batch;
  }
}
