import type { PointBatch } from '../model.js';

/** What Aim stores about a metric besides its points. */
export interface MetricSummary {
  readonly first: number;
  readonly firstStep: bigint;
  readonly last: number;
  readonly lastStep: bigint;
  /** Absent if no value was ever below +infinity (all of them NaN, for example). */
  readonly min?: number;
  readonly max?: number;
}

/**
 * Computes the summary that Aim's SDK would have written, had the points been tracked in order of step. Points may come in
 * any order and in several batches, each step only once. The exception is the highest step, which may come again and
 * replaces itself; the last point is therefore kept apart from the settled ones.
 *
 * The SDK continues counting from the highest step it has seen, starting at 0, and treats a point as the first as long as
 * that count is 0. `first` is therefore the point at the lowest step that is not negative, or else at the highest.
 */
export class Summarizer {
  private settled: Settled = {};
  private last: Point | undefined;

  /** Continues from an earlier state. */
  static from({ last, ...settled }: SummaryState): Summarizer {
    const summarizer = new Summarizer();
    summarizer.settled = settled;
    summarizer.last = last;
    return summarizer;
  }

  /** Everything needed to continue later; undefined before the first point. */
  get state(): SummaryState | undefined {
    return this.last === undefined ? undefined : { ...this.settled, last: this.last };
  }

  /** Adds the points at the indices in `order`. */
  add({ steps, values }: PointBatch, order: Uint32Array): void {
    const words = new Int32Array(steps.buffer, steps.byteOffset, steps.length * 2);
    for (let i = 0; i < order.length; i++) {
      const at = order[i]!;
      this.addPoint(words[at * 2 + 1]!, words[at * 2]! >>> 0, values[at]!);
    }
  }

  finish(): MetricSummary {
    const { settled, last } = this;
    if (last === undefined) throw new Error('A sequence without points has no summary.');
    const { first = last, min, max } = settle(settled, last);
    return {
      first: first.value,
      firstStep: stepOf(first),
      last: last.value,
      lastStep: stepOf(last),
      ...(min !== undefined && { min: min.value }),
      ...(max !== undefined && { max: max.value }),
    };
  }

  private addPoint(high: number, low: number, value: number): void {
    const { last } = this;
    if (last !== undefined && isBefore(high, low, last)) {
      if (changes(this.settled, high, low, value)) this.settled = settle(this.settled, { high, low, value });
      return;
    }
    if (last !== undefined && isBehind(high, low, last)) this.settled = settle(this.settled, last);
    this.last = { high, low, value };
  }
}

interface Settled {
  readonly first?: Point;
  readonly min?: Point;
  readonly max?: Point;
}

/** The state of a {@link Summarizer}: its last point, and the first, least and greatest of those before it. */
export interface SummaryState extends Settled {
  readonly last: Point;
}

function settle(settled: Settled, point: Point): Settled {
  const { high, low, value } = point;
  return {
    ...settled,
    ...(isFirst(settled, high, low) && { first: point }),
    ...(isMin(settled, high, low, value) && { min: point }),
    ...(isMax(settled, high, low, value) && { max: point }),
  };
}

function changes(settled: Settled, high: number, low: number, value: number): boolean {
  return isFirst(settled, high, low) || isMin(settled, high, low, value) || isMax(settled, high, low, value);
}

function isFirst({ first }: Settled, high: number, low: number): boolean {
  return first === undefined || comesFirst(high, low, first);
}

// The SDK compares strictly, starting at ±infinity: of equal values (0 and −0) the one at the lower step stays.
function isMin({ min }: Settled, high: number, low: number, value: number): boolean {
  return value < (min?.value ?? Number.POSITIVE_INFINITY) || isEarlierEqual(high, low, value, min);
}

function isMax({ max }: Settled, high: number, low: number, value: number): boolean {
  return value > (max?.value ?? Number.NEGATIVE_INFINITY) || isEarlierEqual(high, low, value, max);
}

/**
 * A point, with its int64 step in two words: a BigInt for each of millions of points would cost more than everything else.
 */
export interface Point {
  /** Signed. */
  readonly high: number;
  /** Unsigned. */
  readonly low: number;
  readonly value: number;
}

export function stepOf({ high, low }: Point): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

function isBehind(high: number, low: number, than: Point): boolean {
  return high === than.high ? low > than.low : high > than.high;
}

function isBefore(high: number, low: number, than: Point): boolean {
  return high === than.high ? low < than.low : high < than.high;
}

function comesFirst(high: number, low: number, than: Point): boolean {
  if (high < 0 !== than.high < 0) return high >= 0;
  return high < 0 ? isBehind(high, low, than) : isBefore(high, low, than);
}

function isEarlierEqual(high: number, low: number, value: number, best: Point | undefined): boolean {
  return best !== undefined && value === best.value && isBefore(high, low, best);
}
