import { Readable } from 'node:stream';
import highland from 'highland';
import type { RunResult } from './run/task/run-result.js';
import type { RunTask } from './run/task/run-task.js';
import type { EnumeratedRun } from './stages/enumerate-runs.js';
import type { CheckedRun } from './state/known-runs.js';

/** The next runs that are listed while those before are being checked, unless the stages say otherwise. */
const LISTED_AHEAD = 16;

/** So many runs are checked in one go, or as many as have been listed within so many milliseconds. */
const CHECKED_AT_ONCE = 128;
const LISTED_WITHIN = 20;

/** A run that has been through the convert stage. */
export interface ConvertedRun extends RunResult {
  readonly task: RunTask;
  /** Whether the run is active in MLflow; undefined where that is not known. */
  readonly active?: boolean;
}

/** The stages behind the enumeration. */
export interface Stages {
  /** Batches checked at once. */
  readonly checksAtOnce: number;
  /** Runs converted at once. */
  readonly runsAtOnce: number;
  /** Runs listed ahead. */
  readonly listedAhead?: number;
  check(batch: readonly EnumeratedRun[]): Promise<CheckedRun[]>;
  convert(run: CheckedRun): Promise<ConvertedRun>;
  /** Resolves when the publisher has taken the run over, or there is nothing to publish. */
  publish(run: ConvertedRun): Promise<void>;
}

/**
 * Enumerate → check → convert → publish: brings these runs up to date in Aim. Resolves when all of them have been handed to
 * the publisher, which makes them visible in groups.
 *
 * - `runs` enumerates: the tracking store lists them, experiment by experiment (stages/enumerate-runs).
 * - `check` finds, for a batch in one go, the runs that are as they were when they were converted (state/known-runs).
 * - `convert` takes the others one by one, so many at a time, through a converter: a worker thread, or this one. There a run
 *   is read, mapped and written into the staging directory, point by point (run/build-run): fetch metric histories → classify
 *   artifacts → batch write.
 * - `publish` moves whole runs into place and makes Aim list them (publish/publisher).
 *
 * Each stage asks the one before it for more only when it can take more; so a slow disk slows down the listing, and memory is
 * bounded by what is under way. A signal (Ctrl-C) stops the converter: its tasks reject, and with them this; runs that are
 * whole by then are published, the others leave nothing but files in the staging directory (conversion/conversion).
 */
export async function runPipeline(runs: AsyncIterable<EnumeratedRun>, stages: Stages): Promise<void> {
  const enumerated = Readable.from(runs, { highWaterMark: stages.listedAhead ?? LISTED_AHEAD });
  try {
    await highland<EnumeratedRun>(enumerated)
      .batchWithTimeOrCount(LISTED_WITHIN, CHECKED_AT_ONCE)
      .map((batch) => highland<CheckedRun[]>(stages.check(batch)))
      .parallel(stages.checksAtOnce)
      .flatMap((checked) => highland<CheckedRun>(checked))
      .map((run) => highland<ConvertedRun>(stages.convert(run)))
      .mergeWithLimit(stages.runsAtOnce)
      .flatMap((run) => highland<void>(stages.publish(run)))
      .reduce(0, (count) => count + 1)
      .toPromise(Promise);
  } finally {
    // if the pipeline has failed, what lists the runs may still hold a connection
    enumerated.destroy();
  }
}
