import { createHash } from 'node:crypto';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { RunContent } from './run-content.js';

/** Runs of one stratum that may be measured, at most. */
const CANDIDATES = 1024;

/** A stratum holds runs whose weights differ by this factor at most. */
const RATIO = 4;

/**
 * About how many microseconds a run takes, from a file store, on one core of 2025. Only the proportions count: what a unit really takes
 * is measured, stratum by stratum.
 */
const PER_RUN = 2_500;
const PER_METRIC = 100;
const PER_POINT = 1;
const PER_FILE = 200;
const BYTES_PER_UNIT = 200;

/** How much work a run is, in units. */
function weightOf({ metrics, points, artifacts, links }: RunContent): number {
  const transferred = Object.values(artifacts);
  const artifactBytes = transferred.reduce((sum, { bytes }) => sum + bytes, 0);
  const files = transferred.reduce((sum, each) => sum + each.files, links.files);
  return PER_RUN + metrics * PER_METRIC + files * PER_FILE + unitsOf({ points, artifactBytes });
}

/** The same for what has been read of a run so far. */
export function unitsOf({
  points,
  artifactBytes,
}: {
  readonly points: number;
  readonly artifactBytes: number;
}): number {
  return points * PER_POINT + artifactBytes / BYTES_PER_UNIT;
}

/** A run that may be measured. */
export interface Candidate {
  readonly run: EnumeratedRun;
  readonly weight: number;
  /** About how many points, as the plan counts them. */
  readonly points: number;
}

/** Runs that are about the same amount of work. */
export interface Stratum {
  readonly runs: number;
  readonly weight: number;
  /** About how many points. */
  readonly points: number;
  /** Some of its runs, in the order in which they were listed within their blocks. */
  readonly candidates: readonly Candidate[];
}

/**
 * Sorts runs by how much work they are, and keeps some of each stratum to be measured: chosen by a hash of where they stand, so the
 * same store is always measured by the same runs. Memory is bounded by the number of strata.
 */
export class Strata {
  readonly #strata = new Map<number, OpenStratum>();
  readonly #blockSize: number;
  #block = { experiment: '', at: 0, listed: 0, hash: '' };

  /** @param blockSize so many runs that follow one another in the listing are chosen together: servers are read ahead */
  constructor(blockSize: number) {
    this.#blockSize = blockSize;
  }

  add({ experiment, ref }: EnumeratedRun, content: RunContent): void {
    const weight = weightOf(content);
    const level = Math.floor(Math.log(weight) / Math.log(RATIO));
    const stratum = this.#strata.get(level) ?? new OpenStratum();
    this.#strata.set(level, stratum);
    const candidate = { run: { experiment, ref }, weight, points: content.points };
    stratum.add(candidate, this.#rank(experiment.id));
  }

  /** From the lightest to the heaviest. */
  all(): Stratum[] {
    const levels = [...this.#strata].sort(([a], [b]) => a - b);
    return levels.map(([, stratum]) => stratum.close());
  }

  /** Orders runs at random, block by block. */
  #rank(experiment: string): string {
    const block = this.#block;
    if (block.experiment !== experiment || block.listed >= this.#blockSize) {
      const at = block.at + 1;
      const hash = createHash('sha256').update(`${at} ${experiment}`).digest('hex').slice(0, 12);
      this.#block = { experiment, at, listed: 0, hash };
    }
    this.#block.listed += 1;
    return `${this.#block.hash} ${this.#block.listed.toString().padStart(6, '0')}`;
  }
}

interface Ranked {
  readonly rank: string;
  readonly candidate: Candidate;
}

class OpenStratum {
  #runs = 0;
  #weight = 0;
  #points = 0;
  #candidates: Ranked[] = [];

  add(candidate: Candidate, rank: string): void {
    this.#runs += 1;
    this.#weight += candidate.weight;
    this.#points += candidate.points;
    this.#candidates.push({ rank, candidate });
    if (this.#candidates.length >= 2 * CANDIDATES) this.#shrink();
  }

  close(): Stratum {
    this.#shrink();
    const candidates = this.#candidates.map(({ candidate }) => candidate);
    return { runs: this.#runs, weight: this.#weight, points: this.#points, candidates };
  }

  #shrink(): void {
    this.#candidates.sort((a, b) => (a.rank < b.rank ? -1 : 1));
    this.#candidates.length = Math.min(this.#candidates.length, CANDIDATES);
  }
}
