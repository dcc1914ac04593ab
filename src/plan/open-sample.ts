import type { Notice } from '../model.js';
import type { RunReport } from '../outcome.js';
import { isSeenByLooking } from './losses.js';
import type { Elapsed } from './stopwatch.js';
import type { Candidate, Stratum } from './strata.js';
import { sum } from './sum.js';

/** Some runs of a stratum, converted together. */
export interface Pass {
  readonly runs: number;
  readonly weight: number;
  readonly took: Elapsed;
}

/** What has been measured of a stratum so far. */
export class OpenSample {
  readonly passes: Pass[] = [];
  readonly hashes: string[] = [];
  readonly notices: Notice[][] = [];
  runs = 0;
  weight = 0;
  pointsCounted = 0;
  points = 0;
  #next = 0;

  constructor(readonly stratum: Stratum) {}

  get left(): number {
    return this.stratum.candidates.length - this.#next;
  }

  get meanWeight(): number {
    return this.stratum.weight / this.stratum.runs;
  }

  /** Seconds per unit of weight, of the last two passes if the last one was the shorter. */
  get pace(): number | undefined {
    const last = this.passes.at(-1);
    if (last === undefined) return undefined;
    const before = this.passes.at(-2);
    const counted = before !== undefined && before.runs > last.runs ? [before, last] : [last];
    return sum(counted.map(({ took }) => took.alone)) / sum(counted.map(({ weight }) => weight));
  }

  take(count: number): readonly Candidate[] {
    const taken = this.stratum.candidates.slice(this.#next, this.#next + count);
    this.#next += taken.length;
    return taken;
  }

  add(candidates: readonly Candidate[], reports: readonly RunReport[]): void {
    this.runs += candidates.length;
    this.weight += sum(candidates.map(({ weight }) => weight));
    this.pointsCounted += sum(candidates.map(({ points }) => points));
    for (const { runHash, counts, notices } of reports) {
      this.hashes.push(runHash);
      this.points += counts.points + counts.pointsCollapsed;
      const unseen = notices.filter((notice) => !isSeenByLooking(notice));
      if (unseen.length > 0) this.notices.push(unseen);
    }
  }
}
