import type { PendingChanges } from './change-queue.js';
import type { Session } from './session.js';

/** Decides which part of a source the next step reads, and reads it. Times are milliseconds of a monotonic clock. */
export interface SyncStrategy {
  /** Between two complete passes; milliseconds. */
  readonly every: number;
  /** When a step is due although no change was noticed. */
  readonly next: number;
  /** Changes have to wait until then. */
  readonly notBefore: number;
  /** Catching up has just covered all runs. */
  caughtUp(): void;
  /** Something failed: the next step is due at once, and the current one is cancelled. */
  restart(): void;
  /** Reads what is due. @param changes what was noticed since the last step */
  step(changes: PendingChanges | undefined, session: Session): Promise<void>;
}
