import type { Repository } from '../aim/repository.js';
import { type DiskUse, diskUse, diskUseOfRuns, total } from './disk-use.js';
import type { Losses } from './losses.js';
import type { Measured, Sample } from './measure.js';
import type { Elapsed } from './stopwatch.js';
import type { Stratum } from './strata.js';

/** What a conversion is expected to take, from a sample. */
export interface Estimate {
  /** As long as other programs use the processors as they did while this was found out. */
  readonly seconds: number;
  /** If they do not. */
  readonly secondsAlone: number;
  /** What the new runs take of the repository's file system. Runs that are converted again take about what they have. */
  readonly disk: DiskUse;
  /** Runs that were converted to be measured. */
  readonly sampledRuns: number;
  /** Points of all runs to be written, before any gives way. */
  readonly points: number;
}

/** Of a run of which nothing could be measured: a point takes about so much of Aim's storage. */
const BYTES_PER_POINT = 130;
const INODES_PER_RUN = 8;
/** The index, the ledger, the lock. */
const INODES_SHARED = 6;

/** What is there before anything was converted. */
export interface Before {
  readonly empty: DiskUse;
  /** What looking at all runs took. */
  readonly looked: Elapsed;
  /** Which part of those will be passed over. */
  readonly passedOverShare: number;
  /** Which part of the runs to be written is new. */
  readonly newShare: number;
}

/** Extrapolates from what was measured. `repository` holds the runs of the sample. */
export function estimate(measured: Measured, repository: Repository, before: Before): Estimate {
  const { samples, startSeconds, endSeconds, took } = measured;
  const uses = samples.map(({ hashes }) => diskUseOfRuns(repository, hashes));
  const sampledRuns = samples.reduce((sum, { runs }) => sum + runs, 0);
  let secondsAlone = startSeconds + endSeconds + before.looked.alone * before.passedOverShare;
  let points = 0;
  let runs = 0;
  const disk: DiskUse[] = [];
  for (const [i, { stratum }] of samples.entries()) {
    const timed = samples[nearest(samples, i, ({ pace }) => pace !== undefined)];
    secondsAlone += stratum.weight * (timed?.pace ?? 0);
    const at = nearest(samples, i, (sample) => sample.runs > 0);
    points += stratum.points * pointRatio(samples[at]);
    disk.push(scaled(stratum, samples[at], uses[at]));
    runs += stratum.runs;
  }
  if (sampledRuns > 0) {
    // index, rows and ledger grow with the runs
    const all = diskUse(repository.path);
    const shared = (all.bytes - total([before.empty, ...uses]).bytes) / sampledRuns;
    disk.push({ bytes: Math.max(0, shared) * runs, inodes: 0 });
  }
  const needed = total(disk);
  const use = {
    bytes: Math.round(needed.bytes * before.newShare + before.empty.bytes),
    inodes: Math.round(needed.inodes * before.newShare + before.empty.inodes + INODES_SHARED),
  };
  const slowdown = (took.wall + before.looked.wall) / (took.alone + before.looked.alone);
  const seconds = secondsAlone * (Number.isFinite(slowdown) ? slowdown : 1);
  return { seconds, secondsAlone, disk: use, sampledRuns, points: Math.round(points) };
}

/** Adds what reading the sample has shown, so many times as each of its runs stands for others. */
export function addSampledLosses({ samples }: Measured, losses: Losses): void {
  for (const { stratum, runs, notices } of samples) {
    for (const each of notices) losses.add(each, stratum.runs / runs);
  }
}

function pointRatio(sample: Sample | undefined): number {
  return sample === undefined || sample.pointsCounted === 0 ? 1 : sample.points / sample.pointsCounted;
}

function scaled(stratum: Stratum, sample: Sample | undefined, use: DiskUse | undefined): DiskUse {
  if (sample === undefined || use === undefined) {
    return { bytes: stratum.points * BYTES_PER_POINT, inodes: stratum.runs * INODES_PER_RUN };
  }
  return {
    bytes: (use.bytes / sample.weight) * stratum.weight,
    inodes: (use.inodes / sample.runs) * stratum.runs,
  };
}

/** The index of the sample nearest to `i` that passes, the lighter one if two are as near; -1 if none does. */
function nearest(samples: readonly Sample[], i: number, passes: (sample: Sample) => boolean): number {
  const passing = samples.flatMap((sample, at) => (passes(sample) ? [at] : []));
  return passing.reduce((best, at) => (best < 0 || Math.abs(at - i) < Math.abs(best - i) ? at : best), -1);
}
