import { monotonicNow } from '../clock.js';
import type { Pass } from '../events.js';

/** What a look, or the slices of a walk, have done so far. */
export class Tally {
  /** Milliseconds of the clock that never goes back. */
  readonly began = monotonicNow();
  runs = 0;
  changed = 0;

  /** What is told of it. `since` is the time of the first sign of the changes, milliseconds of the same clock. */
  pass(complete: boolean, active: number, since?: number): Pass {
    const now = monotonicNow();
    return {
      complete,
      runs: this.runs,
      changed: this.changed,
      active,
      seconds: (now - this.began) / 1000,
      ...(since !== undefined && this.changed > 0 && { lag: (now - since) / 1000 }),
    };
  }
}
