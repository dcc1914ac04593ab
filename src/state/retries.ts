import { monotonicNow } from '../clock.js';

/** A watch tries again so often; milliseconds. */
const RETRY_EVERY = 600_000;

/**
 * When runs are looked at again of which something could not be read (`unread` in the ledger): by every conversion, but
 * not by every look of a watch, which would ask for the artifacts of a store that are out of its reach again and again.
 */
export class Retries {
  private readonly tried = new Map<string, number>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = monotonicNow) {}

  /** Whether the run's turn has come; then it comes again in ten minutes. */
  isDue(hash: string): boolean {
    const now = this.now();
    const last = this.tried.get(hash);
    if (last !== undefined && now - last < RETRY_EVERY) return false;
    this.tried.set(hash, now);
    return true;
  }
}
