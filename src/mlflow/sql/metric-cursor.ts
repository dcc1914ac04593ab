import type { PointBatch } from '../../model.js';
import { cursorFields } from '../common/cursor-fields.js';

/** A point of a metric. */
export interface MetricPoint {
  readonly timestamp: number;
  readonly step: bigint;
  readonly value: number;
}

/** How far a metric was read: so many points in arrival order, the last of which is this one. */
export interface MetricCursor extends MetricPoint {
  readonly points: number;
  /** SQLite: all rows of the run up to this rowid were read. */
  readonly rowid?: number;
}

/** What is known of a run's metrics, by key. */
export type MetricCursors = ReadonlyMap<string, MetricCursor>;

/**
 * The order in which MLflow gives the points of a metric that lies in a database: timestamp, step, value; NaN, stored as 0,
 * after 0.
 */
export function compareArrival(
  timeA: number,
  stepA: bigint,
  valueA: number,
  timeB: number,
  stepB: bigint,
  valueB: number,
): number {
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  if (stepA !== stepB) return stepA < stepB ? -1 : 1;
  const [storedA, storedB] = [valueA || 0, valueB || 0]; // NaN is stored as 0
  if (storedA !== storedB) return storedA < storedB ? -1 : 1;
  return Number(Number.isNaN(valueA)) - Number(Number.isNaN(valueB));
}

/** Follows the points of a history as they are handed on, to tell the place behind them. */
export class CursorTracker {
  #points: number;
  #last: MetricPoint | undefined;

  /** @param before what was read already */
  constructor(before?: MetricCursor) {
    this.#points = before?.points ?? 0;
    this.#last = before;
  }

  /** The last point that was handed on. */
  get last(): MetricPoint | undefined {
    return this.#last;
  }

  /** To be told before the batch is handed on, whose receiver may do with it what it likes. */
  passed({ steps, values, timestamps }: PointBatch): void {
    const end = steps.length - 1;
    const [step, value, timestamp] = [steps[end], values[end], timestamps[end]];
    if (step === undefined || value === undefined || timestamp === undefined) return;
    this.#points += steps.length;
    this.#last = { timestamp, step, value };
  }

  /** The mark for {@link parseMetricCursor}; undefined while there are no points. */
  mark(rowid: number | undefined): string | undefined {
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

/** Undefined for what is no mark of {@link CursorTracker}. */
export function parseMetricCursor(mark: string): MetricCursor | undefined {
  const [points, timestamp, step, value, rowid] = cursorFields(mark);
  if (typeof points !== 'number' || typeof timestamp !== 'number') return undefined;
  if (typeof step !== 'string' || !/^-?\d+$/.test(step) || typeof value !== 'string') return undefined;
  const place = { points, timestamp, step: BigInt(step), value: Number(value) };
  return typeof rowid === 'number' ? { ...place, rowid } : place;
}
