/** A server or a database rests so many times longer than it was looked at, however often it changes. */
const LOOKING_PART = 4;

/**
 * When a server or a database is looked at. Looking at all of it costs what exists, looking at what goes on costs little: so
 * where the first takes long, the second has its turn in between. Times are milliseconds since the epoch.
 */
export class LookPace {
  /** A look is due although nothing hints at a change. */
  next = 0;
  /** Hints are not followed before that. */
  notBefore = 0;
  private wholeNotBefore = 0;

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
    return this.knowsGoing && Date.now() < this.wholeNotBefore;
  }

  /** A look is over that began at this time. */
  looked(began: number, at: 'all' | 'what goes on'): void {
    const now = Date.now();
    const rested = now + LOOKING_PART * (now - began);
    if (at === 'all') this.wholeNotBefore = rested;
    this.notBefore = at === 'all' && this.knowsGoing ? 0 : rested;
    this.next = now + Math.max(this.interval, now - began);
  }
}
