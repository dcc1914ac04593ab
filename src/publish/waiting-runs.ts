import { monotonicNow } from '../clock.js';
import type { StagedRun } from '../run/task/run-result.js';

/**
 * Each group costs an index file and some transactions, and the last one must be waited for: so groups start small and grow
 * with what has been published. The largest is bounded, because a group and its index entries are held in memory.
 */
const FIRST_GROUP = 250;
const LARGEST_GROUP = 1500;
const GROWTH = 0.25;

/** No run waits longer than this to be published; milliseconds. */
const LONGEST_WAIT = 15_000;

/** The runs that will be published together, and when. */
export class WaitingRuns {
  private runs: StagedRun[] = [];
  private since = monotonicNow();
  private published = 0;
  /** Expires when no further run arrives, for example while one long run is being built. */
  private timer: NodeJS.Timeout | undefined;

  /** @param onOverdue called when the first run of a group has waited for {@link LONGEST_WAIT} */
  constructor(private readonly onOverdue: () => void) {}

  get isEmpty(): boolean {
    return this.runs.length === 0;
  }

  /** Whether the group is large or old enough to be published. */
  get isDue(): boolean {
    const enough = Math.min(LARGEST_GROUP, Math.max(FIRST_GROUP, this.published * GROWTH));
    return this.runs.length >= enough || monotonicNow() - this.since >= LONGEST_WAIT;
  }

  add(run: StagedRun): void {
    this.runs.push(run);
    this.timer ??= setTimeout(this.onOverdue, LONGEST_WAIT).unref();
  }

  /** Hands over the group and begins a new one. */
  take(): readonly StagedRun[] {
    const group = this.runs;
    this.runs = [];
    this.since = monotonicNow();
    clearTimeout(this.timer);
    this.timer = undefined;
    return group;
  }

  notePublished(runs: number): void {
    this.published += runs;
  }
}
