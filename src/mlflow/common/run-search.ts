import type { RunRef, RunStatus } from '../../model.js';

/** Conditions on runs, all of which a run must meet. */
export interface RunSearch {
  readonly runIds?: ReadonlySet<string>;
  /** About the run's name; '' for a run without one. */
  readonly isNamed?: (name: string) => boolean;
  /** Of the start time, milliseconds since the epoch, inclusive; a run without a start time meets neither. */
  readonly since?: number;
  readonly until?: number;
  readonly statuses?: ReadonlySet<RunStatus>;
  /** In MLflow's search syntax. */
  readonly filter?: string;
}

/** A run that a search has found. */
export interface FoundRun {
  readonly ref: RunRef;
  /** Milliseconds since the epoch. */
  readonly startTime?: number;
  /** By itself, rather than with its experiment. */
  readonly isDeleted: boolean;
}

/** What a search asks of a run besides the filter. `name` is needed only if the search has `isNamed`. */
export interface SearchedHeader {
  readonly runId: string;
  readonly name?: string | undefined;
  readonly status: RunStatus;
  readonly startTime?: number | undefined;
}

/** Whether a run meets all conditions but the filter. */
export function meetsConditions(
  { runIds, isNamed, since, until, statuses }: RunSearch,
  { runId, name = '', status, startTime }: SearchedHeader,
): boolean {
  if (runIds?.has(runId) === false || statuses?.has(status) === false) return false;
  if (since !== undefined && !(startTime !== undefined && startTime >= since)) return false;
  if (until !== undefined && !(startTime !== undefined && startTime <= until)) return false;
  return isNamed === undefined || isNamed(name);
}
