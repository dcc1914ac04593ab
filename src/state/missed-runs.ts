import { monotonicNow } from '../clock.js';

/** Between two complete listings that lack a run, for a watch to take it for gone; milliseconds. */
const BELIEVED_AFTER = 600_000;

/**
 * The runs that the listings of a watch lack. A directory that is swapped for some seconds, a database that is being restored
 * or a server that comes up with another one must cost nothing: a run is gone when it was lacking ten minutes ago, and ever
 * since.
 */
export class MissedRuns {
  private since = new Map<string, number>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = monotonicNow) {}

  /** A complete listing lacks these runs and no others; gives those that are to be taken for gone. */
  gone(missing: readonly string[]): string[] {
    const now = this.now();
    this.since = new Map(missing.map((hash) => [hash, this.since.get(hash) ?? now]));
    return missing.filter((hash) => now - (this.since.get(hash) ?? now) >= BELIEVED_AFTER);
  }
}
