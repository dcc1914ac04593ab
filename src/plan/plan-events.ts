import { EventEmitter } from 'node:events';
import type { ExperimentFailure, Retry, Warning } from '../events.js';

/** What a plan tells while it is made. Listeners run synchronously and must not throw. */
export interface PlanEventMap {
  /** An experiment with so many runs has been listed. */
  listed: [{ runs: number }];
  /** So many more runs have been looked at. */
  looked: [{ runs: number }];
  /** Of the runs to be converted, some are converted into a temporary repository, to measure how long that takes. */
  measuring: [];
  /** Something is tried again. */
  retry: [Retry];
  'experiment:failed': [ExperimentFailure];
  warning: [Warning];
}

export class PlanEvents extends EventEmitter<PlanEventMap> {}
