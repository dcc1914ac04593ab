import type { Conversion } from '../conversion/conversion.js';
import type { ConvertEvents } from '../events.js';
import type { Notice } from '../model.js';
import type { RunReport } from '../outcome.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import { OpenSample, type Pass } from './open-sample.js';
import { type Elapsed, type Stopwatch, startStopwatch } from './stopwatch.js';
import { type Stratum, unitsOf } from './strata.js';
import { sum } from './sum.js';

/** Measuring takes about this part of what the conversion will take, and so many seconds at least and at most. */
const PART = 0.1;
const SHORTEST = 3;
const LONGEST = 10;
/** Up to so many times as long where other programs use the processors: less says too little. */
const PATIENCE = 3;
/** A pass that takes so many seconds is broken off. */
const TIMEOUT = 30;
/** Of a pass whose pace is not known: seconds per unit of weight. */
const GUESS = 1e-6;
/** A run that takes longer than its stratum may is converted all the same, if this part of it fits. */
const LEAST = 0.5;
/** Runs of the first pass of a stratum. */
const FIRST_PASS = 16;

/** What was measured of one stratum. */
export interface Sample {
  readonly stratum: Stratum;
  /** Runs converted; 0 if the stratum was left out. */
  readonly runs: number;
  readonly weight: number;
  /** About how many points the plan had counted of these runs. */
  readonly pointsCounted: number;
  /** How many there were. */
  readonly points: number;
  /** Seconds per unit of weight, as on a machine with nothing else to do; undefined if it was left out. */
  readonly pace: number | undefined;
  /** The hashes of its runs in Aim. */
  readonly hashes: readonly string[];
  /** What only reading shows: the losses of each run that has any. */
  readonly notices: readonly (readonly Notice[])[];
}

export interface Measured {
  /** From the lightest stratum to the heaviest. */
  readonly samples: readonly Sample[];
  /** What comes before the first run, once: threads are started, code is compiled. On a machine with nothing else to do. */
  readonly startSeconds: number;
  /** What comes after the last run, once, and grows with their number: the index is put in order. The same. */
  readonly endSeconds: number;
  /** How long all that was measured took. */
  readonly took: Elapsed;
}

/** Where runs are converted to be measured. */
export interface Bench {
  /** Into a repository that is removed afterwards. */
  readonly conversion: Pick<Conversion, 'pass'>;
  /** What it tells. */
  readonly events: ConvertEvents;
  readonly concurrency: number;
  /** No more bytes may be written, about. */
  readonly room: number;
  /** That of the process if absent. */
  readonly startStopwatch?: () => Stopwatch;
}

/**
 * Converts some runs of each stratum, in passes that double as long as there is time, and takes the pace of the last one: the
 * first ones are slower.
 */
export async function measure(strata: readonly Stratum[], bench: Bench, signal: AbortSignal): Promise<Measured> {
  return new Measurement(strata, bench, signal).run();
}

class Measurement {
  readonly #samples: OpenSample[];
  readonly #bench: Bench;
  readonly #signal: AbortSignal;
  readonly #budget: number;
  /** Of the passes that count. */
  readonly #took = { wall: 0, alone: 0 };
  #spent = 0;
  #written = 0;
  #isOver = false;

  constructor(strata: readonly Stratum[], bench: Bench, signal: AbortSignal) {
    this.#samples = strata.map((stratum) => new OpenSample(stratum));
    this.#bench = bench;
    this.#signal = signal;
    const expected = GUESS * sum(strata.map(({ weight }) => weight));
    this.#budget = Math.min(LONGEST, Math.max(SHORTEST, PART * expected));
  }

  async run(): Promise<Measured> {
    const { sample, pass } = await this.#warmUp();
    const byWeight = [...this.#samples].sort((a, b) => b.stratum.weight - a.stratum.weight);
    let weightLeft = sum(byWeight.map(({ stratum }) => stratum.weight));
    for (const each of byWeight) {
      await this.#measureStratum(each, (this.#budget - this.#spent) * (each.stratum.weight / weightLeft));
      weightLeft -= each.stratum.weight;
    }
    const endSeconds = await this.#finish();
    const isMeasured = this.#samples.some(({ passes }) => passes.length > 0);
    if (!isMeasured) sample.passes.push(pass); // these were all runs, or the only ones that are short enough
    const pace = sample.pace ?? this.#usualPace();
    const samples = this.#samples.map((each) => ({ ...each, pace: each.pace, stratum: each.stratum }));
    const startSeconds = isMeasured ? Math.max(0, pass.took.alone - pass.weight * pace) : 0;
    return { samples, startSeconds, endSeconds, took: this.#took };
  }

  /** Does what the passes have left to the end. */
  async #finish(): Promise<number> {
    if (this.#isOver) return 0;
    const elapsed = this.#startStopwatch();
    await this.#bench.conversion.pass(stream([]), this.#signal, { done: () => {} });
    const all = sum(this.#samples.map(({ stratum }) => stratum.runs));
    return elapsed().alone * (all / sum(this.#samples.map(({ runs }) => runs)));
  }

  /** A pass with the commonest runs, or the lightest if those take long. Starts threads, so its pace counts for nothing. */
  async #warmUp(): Promise<{ readonly sample: OpenSample; readonly pass: Pass }> {
    const common = this.#samples.reduce((a, b) => (b.stratum.runs > a.stratum.runs ? b : a));
    const longest = this.#budget / 4;
    const sample = common.meanWeight * GUESS < longest ? common : this.#samples[0]!;
    const fitting = Math.floor(longest / (sample.meanWeight * GUESS));
    const pass = await this.#pass(sample, Math.max(1, Math.min(2 * this.#bench.concurrency, fitting)));
    this.#spent = 0;
    return { sample, pass };
  }

  /** @param share seconds to spend on it */
  async #measureStratum(sample: OpenSample, share: number): Promise<void> {
    const until = this.#spent + share;
    for (let size = Math.max(FIRST_PASS, this.#bench.concurrency); sample.left > 0; size *= 2) {
      const fitting = this.#fitting(sample, until - this.#spent);
      // one that is far too long for its share is left out; its pace is that of the stratum beside it
      if (this.#isOver || fitting < 1) return;
      sample.passes.push(await this.#pass(sample, Math.min(size, fitting)));
    }
  }

  /** How many runs of a stratum fit into so many seconds, and into the room that is left; at least one, if it is not far too long. */
  #fitting({ meanWeight, passes, pace = this.#usualPace() }: OpenSample, seconds: number): number {
    const byTime = seconds / (meanWeight * pace * Math.max(1, this.#slowdown / PATIENCE));
    const measured = sum(this.#samples.map(({ runs }) => runs));
    const byRoom = this.#written === 0 ? byTime : (this.#bench.room - this.#written) / (this.#written / measured);
    const fitting = Math.min(byTime, byRoom);
    return passes.length === 0 && fitting >= LEAST ? Math.max(1, Math.floor(fitting)) : Math.floor(fitting);
  }

  /** Of all passes. */
  #usualPace(): number {
    const passes = this.#samples.flatMap((sample) => sample.passes);
    if (passes.length === 0) return GUESS;
    return sum(passes.map(({ took }) => took.alone)) / sum(passes.map(({ weight }) => weight));
  }

  /** How much longer all has taken so far than it would on a machine with nothing else to do. */
  get #slowdown(): number {
    const { wall, alone } = this.#took;
    return alone === 0 ? 1 : wall / alone;
  }

  #startStopwatch(): Stopwatch {
    return (this.#bench.startStopwatch ?? startStopwatch)();
  }

  /** Converts the next runs of a stratum. */
  async #pass(sample: OpenSample, count: number): Promise<Pass> {
    const candidates = sample.take(count);
    const reports: RunReport[] = [];
    const done = ({ report }: { readonly report: RunReport }) => void reports.push(report);
    const progress = { units: 0 };
    const onProgress = (read: { points: number; artifactBytes: number }) => {
      progress.units += unitsOf(read);
    };
    this.#bench.events.on('progress', onProgress);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT * 1000).unref();
    const elapsed = this.#startStopwatch();
    try {
      await this.#bench.conversion.pass(
        stream(candidates.map(({ run }) => run)),
        AbortSignal.any([this.#signal, timeout.signal]),
        { done, brief: true },
      );
      sample.add(candidates, reports);
      const weight = sum(candidates.map((candidate) => candidate.weight));
      return { runs: candidates.length, weight, took: elapsed() };
    } catch (cause) {
      this.#signal.throwIfAborted();
      if (!timeout.signal.aborted) throw cause;
      this.#isOver = true;
      return { runs: candidates.length, weight: Math.max(1, progress.units), took: elapsed() };
    } finally {
      clearTimeout(timer);
      this.#bench.events.off('progress', onProgress);
      const { wall, alone } = elapsed();
      this.#spent += Math.max(alone, wall / PATIENCE);
      this.#took.wall += wall;
      this.#took.alone += alone;
      this.#written += sum(reports.map(({ counts }) => counts.bytesWritten));
    }
  }
}

async function* stream(runs: readonly EnumeratedRun[]): AsyncGenerator<EnumeratedRun> {
  yield* runs;
}
