import { monotonicNow } from '../clock.js';

/**
 * After a poll, a server or database is left alone for this many times as long as the poll took, however often it changes.
 */
const REST_FACTOR = 4;

/**
 * Decides when a server or database is polled. Polling everything costs more the larger the store is, polling the active
 * runs does not; if the former takes long, the latter is done in between. Times are milliseconds of a monotonic clock.
 */
export class PollSchedule {
  /** When a poll is due although no change was noticed. */
  next = Number.NEGATIVE_INFINITY;
  /** Changes have to wait until then. */
  notBefore = Number.NEGATIVE_INFINITY;
  private allNotBefore = Number.NEGATIVE_INFINITY;

  /**
   * @param interval milliseconds between two polls without a change
   * @param canPollActive whether the source can be asked for its active runs alone
   */
  constructor(
    private readonly interval: number,
    private readonly canPollActive: boolean,
  ) {}

  /** Whether the next poll should ask for the active runs only. */
  get isActiveOnly(): boolean {
    return this.canPollActive && monotonicNow() < this.allNotBefore;
  }

  /** A poll that started at this time has ended. */
  polled(began: number, what: 'all' | 'active'): void {
    const now = monotonicNow();
    const rested = now + REST_FACTOR * (now - began);
    if (what === 'all') this.allNotBefore = rested;
    this.notBefore = what === 'all' && this.canPollActive ? Number.NEGATIVE_INFINITY : rested;
    this.next = now + Math.max(this.interval, now - began);
  }
}
