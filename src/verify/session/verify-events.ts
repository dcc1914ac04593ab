import { EventEmitter } from 'node:events';
import type { ExperimentFailure, Retry, Warning } from '../../events.js';
import type { RunVerdict } from '../compare/verdict.js';
import type { Finding } from '../contents.js';

/** What a verification tells while it works. Listeners run synchronously and must not throw. */
export interface VerifyEventMap {
  /**
   * Source and repository are open. `source` holds no credential; `runs` is about how many will be compared, where that is known;
   * `sample` is the part of the runs that is compared. `isQuick`: points before the last, and files, are not compared.
   */
  start: [{ source?: string; repo: string; runs?: number; sample?: number; isQuick?: boolean }];
  /** The runs of an experiment have been listed. */
  experiment: [{ id: string; name: string; runs: number }];
  /** A run has been dealt with. */
  run: [RunVerdict];
  /** Points compared since the last such event. */
  progress: [{ points: number }];
  /** Something is wrong with the structure of the repository that is no run's. */
  finding: [Finding];
  'experiment:failed': [ExperimentFailure];
  /** So many runs differ or are missing, and are converted again. */
  repair: [{ runs: number }];
  /** A source did not give what it was asked for, and will be asked again. */
  retry: [Retry];
  warning: [Warning];
}

export class VerifyEvents extends EventEmitter<VerifyEventMap> {}
