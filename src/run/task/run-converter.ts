import type { IndexOutcome } from '../../aim/run-index.js';
import type { RunResult } from './run-result.js';
import type { RunTask } from './run-task.js';

export interface CheckResult {
  /** Whether converting the run again would change nothing. */
  readonly upToDate: boolean;
  /** The run's revision, if the source was asked for it. */
  readonly revision?: string;
}

/** Points, and bytes of artifacts. */
export interface ProgressCounts {
  readonly points: number;
  readonly artifactBytes: number;
}

/**
 * Does the work on single runs: in worker threads, or in this process. Tasks and results pass by value, so an implementation may
 * as well run on other machines that see the source and the repository's directory.
 *
 * A task rejects with a `fatal` {@link ConvertError} when the conversion cannot go on, and with `skip-run` when the worker that
 * had it was lost, which says nothing about other tasks.
 */
export interface RunConverter {
  /** How many tasks it really works on at the same time: threads, or machines. */
  readonly parallelism: number;

  /** Checks these runs without reading them. Empty when the worker was lost. */
  check(tasks: readonly RunTask[]): Promise<readonly CheckResult[]>;

  /** Brings one run whole into the staging directory, or reports why not. */
  convert(task: RunTask): Promise<RunResult>;

  /** Brings the index entries of these runs up to date; `isFinal` after the last ones. */
  writeIndex(hashes: readonly string[], isFinal: boolean): Promise<IndexOutcome>;

  /** What has been written since the last call. */
  takeProgress(): ProgressCounts;

  /**
   * Ends all work at once; tasks under way reject. What was being built stays in the staging directory. No task may follow.
   * May be called more than once.
   */
  stop(): Promise<void>;
}

export type WriteIndex = RunConverter['writeIndex'];
