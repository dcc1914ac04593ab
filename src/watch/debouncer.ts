import { monotonicNow } from '../clock.js';

/** Holds runs back until they have been quiet for a while. */
export class Debouncer {
  private readonly since = new Map<string, number>();

  /** @param after milliseconds */
  constructor(private readonly after: number) {}

  /** These runs have just changed. */
  add(hashes: Iterable<string>): void {
    for (const hash of hashes) {
      this.since.delete(hash);
      this.since.set(hash, monotonicNow());
    }
  }

  /** When the first of them will have been quiet for long enough; milliseconds of a monotonic clock. */
  next(): number {
    const [first] = this.since.values();
    return first === undefined ? Number.POSITIVE_INFINITY : first + this.after;
  }

  /** The runs that have been quiet for long enough, without duplicates. */
  take(): string[] {
    const quiet: string[] = [];
    for (const [hash, since] of this.since) {
      if (monotonicNow() < since + this.after) break;
      quiet.push(hash);
    }
    for (const hash of quiet) this.since.delete(hash);
    return quiet;
  }
}
