import type { ConvertEventMap } from '../events.js';

/** What a look, or the slices of a walk, have done so far. */
export class Tally {
  readonly began = Date.now();
  runs = 0;
  changed = 0;

  /** What is told of it. `since` is the time of the first sign of the changes, milliseconds since the epoch. */
  pass(complete: boolean, active: number, since?: number): ConvertEventMap['pass'][0] {
    const now = Date.now();
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
