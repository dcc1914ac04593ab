import { performance } from 'node:perf_hooks';

/** Workers tell several times in it how far they are. */
const FIRST_INTERVAL_MS = 200;
/** With more, two neighbours become one and each interval is twice as long: a conversion of weeks is as large as one of seconds. */
const MOST_INTERVALS = 256;

/** What was done in each of the equal intervals since the start; the arrays are of equal length. */
export interface ThroughputNumbers {
  /** Seconds. Of the last interval only a part may have passed. */
  readonly interval: number;
  /** Runs worked through: of a conversion those passed over, or whole. */
  readonly runs: readonly number[];
  /** Points handed to the writer, or compared. */
  readonly points: readonly number[];
  /** Bytes of artifacts handed to the writer. */
  readonly artifactBytes: readonly number[];
}

type Column = Exclude<keyof ThroughputNumbers, 'interval'>;

/** Counts over time, in bounded memory and without a timer. */
export class Throughput {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #columns: Record<Column, number[]> = { runs: [], points: [], artifactBytes: [] };
  #interval = FIRST_INTERVAL_MS;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
  }

  /** All intervals up to now. */
  numbers(): ThroughputNumbers {
    const length = this.#position() + 1;
    const padded = (column: Column) => Array.from({ length }, (_, i) => this.#columns[column][i] ?? 0);
    return {
      interval: this.#interval / 1000,
      runs: padded('runs'),
      points: padded('points'),
      artifactBytes: padded('artifactBytes'),
    };
  }

  /** So much has been done just now. */
  add(name: Column, amount: number): void {
    const position = this.#position();
    const column = this.#columns[name];
    while (column.length <= position) column.push(0);
    column[position]! += amount;
  }

  /** The present interval, after making the intervals long enough for it to be within the bound. */
  #position(): number {
    const elapsed = this.#now() - this.#startedAt;
    while (elapsed >= MOST_INTERVALS * this.#interval) {
      this.#interval *= 2;
      for (const name of Object.keys(this.#columns) as Column[]) this.#columns[name] = pairSums(this.#columns[name]);
    }
    return Math.floor(elapsed / this.#interval);
  }
}

function pairSums(values: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => values[2 * i]! + (values[2 * i + 1] ?? 0));
}
