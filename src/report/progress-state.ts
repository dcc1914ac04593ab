import { performance } from 'node:perf_hooks';
import type { ConvertEvents } from '../events.js';

/** Rates are those of the last 15 seconds, so that a stretch of unchanged runs does not promise too early an end. */
const WINDOW_MS = 15_000;
const SAMPLE_EVERY_MS = 500;
/** From so many runs, or after so long, the end is estimated. */
const ENOUGH_RUNS = 10;
const ENOUGH_MS = 5_000;

/** An experiment of which runs are left to do. */
export interface ActiveExperiment {
  readonly name: string;
  readonly runsDone: number;
  /** Runs listed; 0 when a run was done before all of them had been. */
  readonly runsTotal: number;
}

/** How far a conversion has come. */
export interface ProgressNumbers {
  readonly runsDone: number;
  /** Runs known so far: it grows until all experiments are listed. */
  readonly runsTotal: number;
  /** Whether that is all of them. */
  readonly listed: boolean;
  readonly points: number;
  readonly artifactBytes: number;
  readonly runsPerSecond: number;
  readonly pointsPerSecond: number;
  readonly seconds: number;
  /** Missing until some runs have been done, and until the number of runs is known. */
  readonly secondsLeft?: number;
}

interface Sample {
  readonly at: number;
  readonly runs: number;
  readonly points: number;
}

/** Follows a conversion through its events. Its size depends on the experiments under way, not on the runs. */
export class ProgressState {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #experiments = new Map<string, { done: number; total: number }>();
  readonly #samples: Sample[];
  #runsDone = 0;
  #runsListed = 0;
  #isListed = false;
  #points = 0;
  #artifactBytes = 0;
  #waitsSince: number | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(events: ConvertEvents, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
    this.#samples = [{ at: this.#startedAt, runs: 0, points: 0 }];
    events.on('source', ({ available }) => {
      this.#waitsSince = available ? undefined : (this.#waitsSince ?? this.#now());
    });
    events.on('experiment', ({ name, runs }) => {
      this.#runsListed += runs;
      this.#count(name, 0, runs);
    });
    events.on('listed', () => {
      this.#isListed = true;
    });
    events.on('run:ready', ({ experiment }) => {
      this.#runsDone += 1;
      this.#count(experiment, 1, 0);
    });
    events.on('progress', ({ points, artifactBytes }) => {
      this.#points += points;
      this.#artifactBytes += artifactBytes;
    });
  }

  /** How long it has been waiting for the source; undefined when it is not. */
  get secondsWaiting(): number | undefined {
    return this.#waitsSince === undefined ? undefined : (this.#now() - this.#waitsSince) / 1000;
  }

  /** Experiments with runs left to do, those under way first. */
  active(): ActiveExperiment[] {
    const all = [...this.#experiments].map(([name, { done, total }]) => ({ name, runsDone: done, runsTotal: total }));
    const underWay = all.filter(({ runsDone }) => runsDone > 0);
    return [...underWay, ...all.filter(({ runsDone }) => runsDone === 0)];
  }

  numbers(): ProgressNumbers {
    const now = this.#now();
    this.#sample(now);
    const oldest = this.#samples[0]!;
    const window = (now - oldest.at) / 1000;
    const rate = (amount: number) => (window > 0 ? amount / window : 0);
    const runsTotal = Math.max(this.#runsListed, this.#runsDone);
    const secondsLeft = this.#secondsLeft(now, runsTotal, rate(this.#runsDone - oldest.runs));
    return {
      runsDone: this.#runsDone,
      runsTotal,
      listed: this.#isListed,
      points: this.#points,
      artifactBytes: this.#artifactBytes,
      runsPerSecond: rate(this.#runsDone - oldest.runs),
      pointsPerSecond: rate(this.#points - oldest.points),
      seconds: (now - this.#startedAt) / 1000,
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
    };
  }

  #secondsLeft(now: number, runsTotal: number, runsPerSecond: number): number | undefined {
    if (!this.#isListed || this.#runsDone === 0 || now === this.#startedAt) return undefined;
    // the first runs also wait for threads to start, and for each other
    if (this.#runsDone < ENOUGH_RUNS && now - this.#startedAt < ENOUGH_MS) return undefined;
    // While one long run fills the whole window, the average since the start is the better guess.
    const perSecond = runsPerSecond > 0 ? runsPerSecond : this.#runsDone / ((now - this.#startedAt) / 1000);
    return (runsTotal - this.#runsDone) / perSecond;
  }

  #sample(now: number): void {
    if (now - this.#samples.at(-1)!.at >= SAMPLE_EVERY_MS) {
      this.#samples.push({ at: now, runs: this.#runsDone, points: this.#points });
    }
    while (this.#samples.length > 1 && now - this.#samples[1]!.at >= WINDOW_MS) this.#samples.shift();
  }

  /** Two experiments of one name (a deleted one and its successor) are shown as one. */
  #count(name: string, done: number, total: number): void {
    const counted = this.#experiments.get(name) ?? { done: 0, total: 0 };
    counted.done += done;
    counted.total += total;
    if (counted.total > 0 && counted.done >= counted.total) this.#experiments.delete(name);
    else if (counted.done + counted.total > 0) this.#experiments.set(name, counted);
  }
}
