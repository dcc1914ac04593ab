import { monotonicNow } from '../clock.js';

/** A server or a database rests so many times longer than it was looked at, however often it changes. */
const LOOKING_PART = 4;

/**
 * When a server or a database is looked at. Looking at all of it costs what exists, looking at what goes on costs little: so
 * where the first takes long, the second has its turn in between. Times are milliseconds of the clock that never goes back.
 */
export class PollSchedule {
  /** A look is due although nothing hints at a change. */
  next = Number.NEGATIVE_INFINITY;
  /** PendingChanges are not followed before that. */
  notBefore = Number.NEGATIVE_INFINITY;
  private wholeNotBefore = Number.NEGATIVE_INFINITY;

  /**
   * @param interval milliseconds between two looks without a hint
   * @param knowsGoing whether one can look at what goes on, and nothing else
   */
  constructor(
    private readonly interval: number,
    private readonly knowsGoing: boolean,
  ) {}

  /** Whether the next look should be at what goes on only. */
  get isNarrow(): boolean {
    return this.knowsGoing && monotonicNow() < this.wholeNotBefore;
  }

  /** A look is over that began at this time. */
  looked(began: number, at: 'all' | 'what goes on'): void {
    const now = monotonicNow();
    const rested = now + LOOKING_PART * (now - began);
    if (at === 'all') this.wholeNotBefore = rested;
    this.notBefore = at === 'all' && this.knowsGoing ? Number.NEGATIVE_INFINITY : rested;
    this.next = now + Math.max(this.interval, now - began);
  }
}
