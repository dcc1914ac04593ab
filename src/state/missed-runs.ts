import { monotonicNow } from '../clock.js';

/** How long a run must be missing before a watch treats it as deleted; milliseconds. */
const CONFIRMED_AFTER = 600_000;

/**
 * The runs that are missing from the listings of a watch. A directory that is swapped for a few seconds, a database that is
 * being restored, or a server that comes up with another database must cost nothing: a run counts as deleted once every
 * complete listing of ten minutes has lacked it.
 */
export class MissedRuns {
  private since = new Map<string, number>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = monotonicNow) {}

  /** Takes the hashes that a complete listing lacks, all of them; returns those that count as deleted. */
  confirm(missing: readonly string[]): string[] {
    const now = this.now();
    this.since = new Map(missing.map((hash) => [hash, this.since.get(hash) ?? now]));
    return missing.filter((hash) => now - (this.since.get(hash) ?? now) >= CONFIRMED_AFTER);
  }
}
