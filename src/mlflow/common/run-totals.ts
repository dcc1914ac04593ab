import type { LifecycleStage } from '../../model.js';

/** The runs of an experiment, in numbers. */
export interface RunTotals {
  /** Including deleted ones. */
  readonly runs: number;
  /** Deleted by themselves, rather than with their experiment. */
  readonly deletedRuns: number;
  /** Runs whose header cannot be read. */
  readonly unreadableRuns: number;
  /** The latest start or end of a run, milliseconds since the epoch; absent if there is none. */
  readonly lastChange?: number;
}

/** What is counted of a run. */
export interface CountedRun {
  readonly lifecycleStage: LifecycleStage;
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
}

/** Counts the runs of an experiment one by one. */
export class RunTally {
  #runs = 0;
  #deletedRuns = 0;
  #unreadableRuns = 0;
  #lastChange: number | undefined;

  add(run: CountedRun | 'unreadable'): void {
    this.#runs += 1;
    if (run === 'unreadable') {
      this.#unreadableRuns += 1;
      return;
    }
    if (run.lifecycleStage === 'deleted') this.#deletedRuns += 1;
    for (const time of [run.startTime, run.endTime]) {
      if (time !== undefined) this.#lastChange = Math.max(this.#lastChange ?? time, time);
    }
  }

  get totals(): RunTotals {
    const counts = { runs: this.#runs, deletedRuns: this.#deletedRuns, unreadableRuns: this.#unreadableRuns };
    return { ...counts, ...(this.#lastChange !== undefined && { lastChange: this.#lastChange }) };
  }
}
