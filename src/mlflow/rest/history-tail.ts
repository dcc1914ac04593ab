import { createHash } from 'node:crypto';
import type { PointBatch } from '../../model.js';
import { cursorFields } from '../common/cursor-fields.js';
import type { HistoryPoint } from './point-list.js';

/** So many points are read again to see that what came before them is as it was. */
const OVERLAP = 32;

/** How far a history was read. */
export interface TailCursor {
  readonly points: number;
  /** How many of the last of them are in the digest. */
  readonly overlap: number;
  readonly digest: string;
  /** What the listing said of the metric before that: while it says the same, there is nothing new. */
  readonly latest: string;
}

/**
 * Follows the points of a history as they are handed on, to tell the mark behind them. A late point goes before others in a
 * database, and moves all behind it: the last points are then no longer where they were.
 */
export class HistoryTail {
  #points: number;
  #last: HistoryPoint[] = [];

  /** @param before how many points came before those that pass here */
  constructor(before = 0) {
    this.#points = before;
  }

  /** To be told before the batch is handed on, whose receiver may do with it what it likes. */
  passed({ steps, values, timestamps }: PointBatch): void {
    this.#points += steps.length;
    for (let at = Math.max(0, steps.length - OVERLAP); at < steps.length; at++) {
      this.#last.push({ step: steps[at] ?? 0n, value: values[at] ?? 0, timestamp: timestamps[at] ?? 0 });
    }
    this.#last = this.#last.slice(-OVERLAP);
  }

  /** How many points lie before the mark. */
  get points(): number {
    return this.#points;
  }

  mark(latest: string): string {
    const mark = [this.#points, this.#last.length, digestOf(this.#last), latest];
    return JSON.stringify(mark);
  }
}

/** Undefined for what is no mark of {@link HistoryTail}. */
export function parseTailCursor(text: string): TailCursor | undefined {
  const [points, overlap, digest, latest] = cursorFields(text);
  if (typeof points !== 'number' || typeof overlap !== 'number') return undefined;
  return typeof digest === 'string' && typeof latest === 'string' ? { points, overlap, digest, latest } : undefined;
}

/** Whether the points of a batch begin with those that lie before the mark. */
export function overlaps({ overlap, digest }: TailCursor, { steps, values, timestamps }: PointBatch): boolean {
  if (steps.length < overlap) return false;
  const points = Array.from({ length: overlap }, (_, at): HistoryPoint => {
    return { step: steps[at] ?? 0n, value: values[at] ?? 0, timestamp: timestamps[at] ?? 0 };
  });
  return digestOf(points) === digest;
}

function digestOf(points: readonly HistoryPoint[]): string {
  const hash = createHash('sha256');
  for (const { step, value, timestamp } of points) hash.update(`${step} ${value} ${timestamp}\n`);
  return hash.digest('base64url').slice(0, 24);
}
