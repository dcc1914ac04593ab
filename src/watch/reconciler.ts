import type { EnumeratedRun } from '../stages/enumerate-runs.js';

/** Runs looked at in one go; what is more urgent comes between. */
const SLICE = 128;
/** Part of a core that looking at what has not changed may cost. */
const DUTY = 0.01;
/** Milliseconds. */
const LONGEST_PAUSE = 10_000;

/**
 * A walk through all runs in slices. Looking is cheap but not free: some tenths of a millisecond for each run, which for a
 * store of 10,000 runs every 30 s would be a tenth of a core. So after a slice that found nothing there is a pause that
 * keeps the whole below one hundredth, and a large store is walked through in minutes.
 */
export class Reconciler {
  private ended = false;

  constructor(private readonly runs: AsyncGenerator<EnumeratedRun>) {}

  /** Whether all runs have been taken. */
  get isOver(): boolean {
    return this.ended;
  }

  /** The next runs. */
  async *slice(): AsyncGenerator<EnumeratedRun> {
    for (let taken = 0; taken < SLICE; taken++) {
      const next = await this.runs.next();
      if (next.done === true) {
        this.ended = true;
        return;
      }
      yield next.value;
    }
  }
}

/** Measures what a slice costs, all threads together, and gives the pause that is due for it. */
export function cost(): { pause(): number } {
  const before = process.cpuUsage();
  return {
    pause: () => {
      const { user, system } = process.cpuUsage(before);
      return Math.min(LONGEST_PAUSE, ((user + system) / 1000) * (1 / DUTY - 1));
    },
  };
}
