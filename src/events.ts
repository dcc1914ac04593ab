import { EventEmitter } from 'node:events';
import type { DeletedRun, RunReport } from './outcome.js';

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

/**
 * The only window into a conversion: progress, logs, reports and tests all look through it.
 * Listeners run synchronously and must not throw.
 */
export interface ConvertEventMap {
  /** Source and repository are open; reading begins. `source` holds no credential. */
  start: [{ source: string; repo: string }];
  /** An experiment's runs have been listed. */
  experiment: [{ id: string; name: string; runs: number }];
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
  'run:gone': [DeletedRun];
  /** Of a watch: the repository is up to date, and changes are followed from now on. `active` runs go on in MLflow. */
  watching: [{ how: 'events' | 'polling'; active: number; nextWithin: number }];
  /**
   * Of a watch: so many runs have been looked at, and so many of them written; `complete` when those were all. `lag` are
   * the seconds from the first sign of the changes until they were visible in Aim, where there was a sign. Within `nextWithin`
   * seconds the next complete look is over, unless something holds it up.
   */
  pass: [Pass];
  /** Of a watch: it can go no further (a server is down, a disk is full) and tries again; or it goes on. */
  source: [{ available: boolean; message: string }];
  /** An experiment whose runs could not be read, none of them; a sentence. */
  unread: [{ message: string }];
  /** Something about the conversion as a whole that the user should know; a sentence. */
  warning: [{ message: string }];
}

export class ConvertEvents extends EventEmitter<ConvertEventMap> {}
