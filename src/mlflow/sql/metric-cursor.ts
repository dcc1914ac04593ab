import type { PointBatch } from '../../model.js';
import type { MetricPoint } from '../common/arrival-order.js';
import { cursorFields } from '../common/cursor-fields.js';

/** How far a metric has been read: this many points in arrival order, the last of which is this one. */
export interface MetricCursor extends MetricPoint {
  readonly points: number;
  /** SQLite only: all rows of the run up to this rowid have been read. */
  readonly rowid?: number;
}

/** The cursors of a run, by metric key. */
export type MetricCursors = ReadonlyMap<string, MetricCursor>;

/** Follows the batches of a history, to know the cursor behind them. */
export class CursorTracker {
  #points: number;
  #last: MetricPoint | undefined;

  /** @param start where reading begins; the beginning of the history by default */
  constructor(start?: MetricCursor) {
    this.#points = start?.points ?? 0;
    this.#last = start;
  }

  /** The last point so far. */
  get last(): MetricPoint | undefined {
    return this.#last;
  }

  /** Call this before handing the batch on: its receiver may overwrite it. */
  advance({ steps, values, timestamps }: PointBatch): void {
    const end = steps.length - 1;
    const [step, value, timestamp] = [steps[end], values[end], timestamps[end]];
    if (step === undefined || value === undefined || timestamp === undefined) return;
    this.#points += steps.length;
    this.#last = { timestamp, step, value };
  }

  /** Encodes the cursor for {@link parseMetricCursor}; undefined while there are no points. */
  encode(rowid: number | undefined): string | undefined {
    if (this.#last === undefined) return undefined;
    const { timestamp, step, value } = this.#last;
    return JSON.stringify([
      this.#points,
      timestamp,
      String(step),
      String(value),
      ...(rowid === undefined ? [] : [rowid]),
    ]);
  }
}

/** Undefined for a text that is not a cursor of {@link CursorTracker}. */
export function parseMetricCursor(text: string): MetricCursor | undefined {
  const [points, timestamp, step, value, rowid] = cursorFields(text);
  if (typeof points !== 'number' || typeof timestamp !== 'number') return undefined;
  if (typeof step !== 'string' || !/^-?\d+$/.test(step) || typeof value !== 'string') return undefined;
  const cursor = { points, timestamp, step: BigInt(step), value: Number(value) };
  return typeof rowid === 'number' ? { ...cursor, rowid } : cursor;
}
