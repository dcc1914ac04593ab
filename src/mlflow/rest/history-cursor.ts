import { createHash } from 'node:crypto';
import type { PointBatch } from '../../model.js';
import type { MetricPoint } from '../common/arrival-order.js';
import { cursorFields } from '../common/cursor-fields.js';

/** How many points before the cursor are read again, to see that they have not changed. */
const OVERLAP = 32;

/** How far a server's history has been read. */
export interface ServerHistoryCursor {
  readonly points: number;
  /** How many of the last points are in the digest. */
  readonly overlap: number;
  readonly digest: string;
  /** What the listing said of the metric before it was read: while that stays the same, there is nothing new. */
  readonly latest: string;
}

/**
 * Watches the points of a history as they are handed on, to make the cursor behind them. In a database a late point is
 * sorted before others and shifts all behind it, so that the last points are no longer where they were.
 */
export class HistoryCursorBuilder {
  #points: number;
  #last: MetricPoint[] = [];

  /** @param before the number of points before the first batch */
  constructor(before = 0) {
    this.#points = before;
  }

  /** Call it before the batch is handed on: its receiver may reuse it. */
  add({ steps, values, timestamps }: PointBatch): void {
    this.#points += steps.length;
    for (let at = Math.max(0, steps.length - OVERLAP); at < steps.length; at++) {
      this.#last.push({ step: steps[at] ?? 0n, value: values[at] ?? 0, timestamp: timestamps[at] ?? 0 });
    }
    this.#last = this.#last.slice(-OVERLAP);
  }

  /** The number of points before the cursor. */
  get points(): number {
    return this.#points;
  }

  cursor(latest: string): string {
    return JSON.stringify([this.#points, this.#last.length, digestOf(this.#last), latest]);
  }
}

/** Undefined if the text is not a cursor of {@link HistoryCursorBuilder}. */
export function parseServerHistoryCursor(text: string): ServerHistoryCursor | undefined {
  const [points, overlap, digest, latest] = cursorFields(text);
  if (typeof points !== 'number' || typeof overlap !== 'number') return undefined;
  return typeof digest === 'string' && typeof latest === 'string' ? { points, overlap, digest, latest } : undefined;
}

/** Whether a batch begins with the points that were before the cursor. */
export function overlaps({ overlap, digest }: ServerHistoryCursor, { steps, values, timestamps }: PointBatch): boolean {
  if (steps.length < overlap) return false;
  const points = Array.from({ length: overlap }, (_, at): MetricPoint => {
    return { step: steps[at] ?? 0n, value: values[at] ?? 0, timestamp: timestamps[at] ?? 0 };
  });
  return digestOf(points) === digest;
}

function digestOf(points: readonly MetricPoint[]): string {
  const hash = createHash('sha256');
  for (const { step, value, timestamp } of points) hash.update(`${step} ${value} ${timestamp}\n`);
  return hash.digest('base64url').slice(0, 24);
}
