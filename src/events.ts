import { EventEmitter } from 'node:events';
import type { ErrorCode } from './errors.js';
import type { DeletedRun, RunReport } from './outcome.js';

/** What a warning is about: stable, and listed in docs/codes.md. */
export type WarningCode =
  /** MLflow itself ignores an experiment of the source. */
  | 'experiment-ignored'
  /** A tag of an experiment could not be read. */
  | 'tag-unreadable'
  /** Tags of experiments are not converted. */
  /** Traces are not converted, and could not be counted. */
  | 'traces-not-counted'
  /** Only one workspace of a database is read. */
  | 'other-workspaces'
  /** The user of a database may not read some of its tables. */
  | 'tables-not-readable'
  /** A database holds a query up until a lock is released. */
  | 'waiting-for-lock'
  /** A database lacks an index. */
  | 'missing-index'
  /** A watch polls because it cannot be notified of changes. */
  | 'polling'
  /** Runs were damaged in Aim and have been written anew. */
  | 'runs-repaired'
  /** The ledger was damaged and is being rebuilt. */
  | 'ledger-rebuilt'
  /** Aim's index was damaged and was rebuilt. */
  | 'index-rebuilt'
  /** Aim's index could not be updated or compacted. */
  | 'index-not-updated'
  /** `--run-id` names runs that the source does not have. */
  | 'unknown-run'
  /** No run meets all conditions by which runs are chosen. */
  | 'nothing-chosen'
  /** `--accept-missing` or `--unaccept-missing` names something that nothing is known of. */
  | 'unknown-missing'
  /** The report could not be written. */
  | 'report-not-written'
  /** Lines could not be written to the log file. */
  | 'log-not-written'
  /** Of a plan: the repository's file system has too little space. */
  | 'disk-too-small'
  /** Of a plan: it can hold too few files. */
  | 'too-few-inodes'
  /** Of a plan: `aim up` will need more open files than this shell allows. */
  | 'open-files-limit'
  /** Of a plan: no run could be converted to measure how long it takes. */
  | 'not-measured';

/** Something about the conversion as a whole that the user should know. */
export interface Warning {
  readonly code: WarningCode;
  /** A sentence. */
  readonly message: string;
}

export type Warn = (warning: Warning) => void;

/** A request to a server, database or object store that has failed, and is about to be repeated. */
export interface Retry {
  readonly code: Extract<ErrorCode, 'unreachable' | 'server-error' | 'bad-response'>;
  /** Its URI, without credentials. */
  readonly server: string;
  /** What the server did, as the end of a sentence: `answers 502`. */
  readonly says: string;
  /** What it was asked for: `the runs of experiment 1`. */
  readonly what: string;
  /** Of an HTTP response. */
  readonly status?: number;
  /** The number of the attempt to come, at least 2, and how many there will be at most. */
  readonly attempt: number;
  readonly attempts: number;
  /** Seconds until then. */
  readonly wait: number;
}

/** An experiment that could not be read, and why; nothing of its runs was read either. */
export interface ExperimentFailure {
  /** The id of the experiment. */
  readonly id: string;
  readonly code: ErrorCode;
  /** A sentence. */
  readonly message: string;
}

/** What a watch has looked at. */
export interface Pass {
  readonly complete: boolean;
  readonly runs: number;
  readonly changed: number;
  readonly active: number;
  readonly seconds: number;
  readonly lag?: number;
  /** Of a complete one. */
  readonly nextWithin?: number;
}

/** Whether a watch gets on; `message` is a sentence. */
export type SourceState =
  | { readonly available: true; readonly message: string }
  | { readonly available: false; readonly code: ErrorCode; readonly message: string };

/**
 * The only window into a conversion: progress, logs, reports and tests all look through it.
 * Listeners run synchronously and must not throw.
 */
export interface ConvertEventMap {
  /** Source and repository are open; reading begins. `source` holds no credential. */
  start: [{ source: string; repo: string }];
  /** An experiment's runs have been listed. */
  experiment: [{ id: string; name: string; runs: number }];
  /** All experiments have been listed: the number of runs is known. */
  listed: [];
  /** The experiments have so many traces, or `more`, which stay in MLflow. */
  traces: [{ traces: number; more: boolean }];
  /** Points and artifact bytes handed to the writer since the last such event, over all runs under way. */
  progress: [{ points: number; artifactBytes: number }];
  /** The work on a run is over: it was passed over, or is whole and waits to be published. */
  'run:ready': [{ runHash: string; experiment: string }];
  /** A run has been passed over, or written and published: then it is visible in Aim. */
  'run:done': [RunReport];
  /** So many runs have become visible in Aim, whole. */
  publish: [{ runs: number }];
  /** A converted run that MLflow has deleted or lost has been dealt with as `--deleted` says. */
  'run:deleted': [DeletedRun];
  /** Of a watch: the repository is up to date, and changes are followed from now on. `active` runs go on in MLflow. */
  watching: [{ how: 'events' | 'polling'; active: number; nextWithin: number }];
  /**
   * Of a watch: so many runs have been looked at, and so many of them written; `complete` when those were all. `lag` are
   * the seconds from the first sign of the changes until they were visible in Aim, where there was a sign. Within `nextWithin`
   * seconds the next complete look is over, unless something holds it up.
   */
  pass: [Pass];
  /** Of a watch: it can go no further (a server is down, a disk is full) and tries again; or it goes on. */
  source: [SourceState];
  'experiment:failed': [ExperimentFailure];
  /** A server did not give what it was asked for, and will be asked again. */
  retry: [Retry];
  warning: [Warning];
}

export class ConvertEvents extends EventEmitter<ConvertEventMap> {}

/** Listeners for some of the events of a map such as {@link ConvertEventMap}. */
export type Listeners<Events extends Record<keyof Events, unknown[]>> = {
  readonly [Name in keyof Events]?: (...args: Events[Name]) => void;
};

/** Adds these listeners, and returns what removes them. */
export function listen<Events extends Record<keyof Events, unknown[]>>(
  events: EventEmitter<Events>,
  listeners: Listeners<Events>,
): () => void {
  // the type of each listener is that of its event
  const emitter = events as unknown as EventEmitter;
  const entries = Object.entries(listeners) as [string, () => void][];
  for (const [name, listener] of entries) emitter.on(name, listener);
  return () => {
    for (const [name, listener] of entries) emitter.off(name, listener);
  };
}
