import type { IndexOutcome } from '../../aim/run-index.js';
import type { RunResult, RunTask } from './run-task.js';

/** A run that was converted before, and what is known of it. */
export type CheckTask = Pick<RunTask, 'experiment' | 'ref' | 'hash' | 'known'>;

export interface CheckResult {
  readonly upToDate: boolean;
  /** The run's revision, where it has been asked for. */
  readonly revision?: string;
}

/** Points, and bytes of artifacts. */
export interface ProgressCounts {
  readonly points: number;
  readonly artifactBytes: number;
}

/**
 * Does the work on single runs: worker threads, or this process itself. Everything passes by value, tasks and results alike, so
 * an implementation may as well be on other machines that see the source and the repository's directory.
 *
 * A task is rejected with a `fatal` {@link ConvertError} when nothing can go on, and with `skip-run` when what worked on it was
 * lost: that says nothing of other tasks.
 */
export interface RunConverter {
  /** For each of these runs, whether converting it again would change nothing; empty when that was lost. */
  check(tasks: readonly CheckTask[]): Promise<readonly CheckResult[]>;

  /** Brings a run whole into the staging directory, or says why not. */
  convert(task: RunTask): Promise<RunResult>;

  /** Brings the index entries of these runs up to date; `isFinal` after the last ones. */
  writeIndex(hashes: readonly string[], isFinal: boolean): Promise<IndexOutcome>;

  /** What has been handed to writers since the last call. */
  takeProgress(): ProgressCounts;

  /**
   * Ends all work at once, whatever it is doing; tasks are rejected. What was being built stays in the staging directory.
   * No task may be given after that.
   */
  stop(): Promise<void>;
}

export type WriteIndex = RunConverter['writeIndex'];
