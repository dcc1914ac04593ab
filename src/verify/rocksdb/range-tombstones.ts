/** Everything with `start ≤ user key < end` and a lower sequence number is deleted. */
export interface RangeTombstone {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly sequence: number;
}

/** Some range of keys, and the newest tombstone over it. */
interface Span {
  readonly start: Uint8Array;
  readonly sequence: number;
}

/** All range tombstones of a database, cut where they begin and end, so that no two of them overlap. */
export class RangeTombstones {
  /** Each reaches to the start of the next; where nothing is deleted the sequence number is −1. */
  private readonly spans: Span[] = [];
  /** Where the last question was answered. */
  private at = -1;

  constructor(tombstones: readonly RangeTombstone[]) {
    const edges = tombstones
      .filter(({ start, end }) => Buffer.compare(start, end) < 0)
      .flatMap(({ start, end, sequence }) => [
        { key: start, sequence, opens: true },
        { key: end, sequence, opens: false },
      ])
      .sort((a, b) => Buffer.compare(a.key, b.key));
    const open = new SequenceCounts();
    for (const [i, { key, sequence, opens }] of edges.entries()) {
      open.change(sequence, opens ? 1 : -1);
      const next = edges[i + 1];
      if (next === undefined || Buffer.compare(next.key, key) !== 0)
        this.spans.push({ start: key, sequence: open.highest });
    }
  }

  get isEmpty(): boolean {
    return this.spans.length === 0;
  }

  /** Whether an entry is deleted by a tombstone. Fastest when asked in order of keys. */
  covers(key: Uint8Array, length: number, sequence: number): boolean {
    const user = key.subarray(0, length);
    if (!this.holds(this.at, user)) this.at = this.holds(this.at + 1, user) ? this.at + 1 : this.find(user);
    return this.at >= 0 && sequence < this.spans[this.at]!.sequence;
  }

  /** Whether `key` lies in the `i`th span; the one before the first is number −1. */
  private holds(i: number, key: Uint8Array): boolean {
    const { spans } = this;
    if (i >= spans.length) return false;
    const isBehindStart = i < 0 || Buffer.compare(spans[i]!.start, key) <= 0;
    return isBehindStart && (i + 1 === spans.length || Buffer.compare(key, spans[i + 1]!.start) < 0);
  }

  /** The last span that begins at `key` or before; −1 when none does. */
  private find(key: Uint8Array): number {
    let [low, high] = [0, this.spans.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare(this.spans[middle]!.start, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The sequence numbers of the tombstones that are open at some key. Aim's lie side by side: there are never many. */
class SequenceCounts {
  private readonly counts = new Map<number, number>();

  change(sequence: number, by: 1 | -1): void {
    const count = (this.counts.get(sequence) ?? 0) + by;
    if (count === 0) this.counts.delete(sequence);
    else this.counts.set(sequence, count);
  }

  get highest(): number {
    let highest = -1;
    for (const sequence of this.counts.keys()) if (sequence > highest) highest = sequence;
    return highest;
  }
}
