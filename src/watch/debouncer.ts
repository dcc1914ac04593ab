import { monotonicNow } from '../clock.js';

/** Remembers runs until nothing has happened to them for a while. */
export class Debouncer {
  private readonly since = new Map<string, number>();

  /** @param after milliseconds */
  constructor(private readonly after: number) {}

  /** Something has happened to these runs just now. */
  add(hashes: Iterable<string>): void {
    for (const hash of hashes) {
      this.since.delete(hash);
      this.since.set(hash, monotonicNow());
    }
  }

  /** When the first of them will have been left alone for long enough; milliseconds of the clock that never goes back. */
  next(): number {
    const [first] = this.since.values();
    return first === undefined ? Number.POSITIVE_INFINITY : first + this.after;
  }

  /** Those that have been left alone for long enough; each once. */
  take(): string[] {
    const calm: string[] = [];
    for (const [hash, since] of this.since) {
      if (monotonicNow() < since + this.after) break;
      calm.push(hash);
    }
    for (const hash of calm) this.since.delete(hash);
    return calm;
  }
}
