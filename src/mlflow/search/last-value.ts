import type { PointBatch } from '../../model.js';

/** Finds the last value of a history as MLflow's file store does: Python's `max` by (step, time, value), the first of equal ones. */
export class LastValue {
  #step: bigint | undefined;
  #time = 0;
  /** Undefined for a history without points. */
  value: number | undefined;

  add({ steps, timestamps, values }: PointBatch): void {
    for (const [i, step] of steps.entries()) {
      const [time, value] = [timestamps[i]!, values[i]!];
      if (!this.#isBefore(step, time, value)) continue;
      this.#step = step;
      this.#time = time;
      this.value = value;
    }
  }

  #isBefore(step: bigint, time: number, value: number): boolean {
    if (this.#step === undefined || this.value === undefined) return true;
    if (step !== this.#step) return step > this.#step;
    if (time !== this.#time) return time > this.#time;
    return value > this.value; // false for NaN, as in Python
  }
}
