/** What a {@link Tally} calls everything beyond its bound. */
export const OTHERS = 'other';

/** Counts by key, for at most `limit` different keys; what comes later is counted under {@link OTHERS}. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(key: string, count = 1): void {
    const known = this.#counts.has(key) || this.#counts.size < this.#limit;
    const slot = known ? key : OTHERS;
    this.#counts.set(slot, (this.#counts.get(slot) ?? 0) + count);
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** The keys with their counts, largest first; {@link OTHERS} last. */
  entries(): Array<[key: string, count: number]> {
    const rank = (key: string) => (key === OTHERS ? 1 : 0);
    return [...this.#counts].sort(([a, m], [b, n]) => rank(a) - rank(b) || n - m || (a < b ? -1 : 1));
  }
}
