import { monotonicNow } from '../clock.js';
import type { Pass } from '../events.js';

/** What a pass, or several passes of one reconciliation, have done so far. */
export class PassCounter {
  /** Milliseconds of a monotonic clock. */
  readonly began = monotonicNow();
  runs = 0;
  changed = 0;

  /** @param since when the first of the changes was noticed, milliseconds of the same clock */
  summary(complete: boolean, active: number, since?: number): Pass {
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
