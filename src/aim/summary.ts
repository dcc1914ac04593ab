import type { PointBatch } from '../model.js';

/** What Aim keeps about a metric beside its points. */
export interface MetricSummary {
  readonly first: number;
  readonly firstStep: bigint;
  readonly last: number;
  readonly lastStep: bigint;
  /** Absent when no value was ever below +infinity (all NaN, say). */
  readonly min?: number;
  readonly max?: number;
}

/**
 * Sums up a sequence the way Aim's SDK would have, had its points been tracked in order of step. Points may come in any
 * order and in several batches, but each step only once.
 *
 * The SDK counts on from the highest step it has seen, beginning at 0, and takes a point for the first as long as that
 * count is 0: `first` is therefore the point at the lowest step that is not negative, or else at the highest.
 */
export class Summarizer {
  private first: Point | undefined;
  private last: Point | undefined;
  private min: Point | undefined;
  private max: Point | undefined;

  /** Takes the points at the indices in `order`. */
  add({ steps, values }: PointBatch, order: Uint32Array): void {
    const words = new Int32Array(steps.buffer, steps.byteOffset, steps.length * 2);
    for (let i = 0; i < order.length; i++) {
      const at = order[i]!;
      this.addPoint(words[at * 2 + 1]!, words[at * 2]! >>> 0, values[at]!);
    }
  }

  finish(): MetricSummary {
    const { first, last, min, max } = this;
    if (first === undefined || last === undefined) throw new Error('A sequence without points has no summary.');
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
    const { first, last, min, max } = this;
    if (first === undefined || comesFirst(high, low, first)) this.first = { high, low, value };
    if (last === undefined || isBehind(high, low, last)) this.last = { high, low, value };
    // The SDK compares strictly, beginning at ±infinity: of equal values (0 and −0) the one at the lower step stays.
    if (value < (min?.value ?? Number.POSITIVE_INFINITY) || isEarlierEqual(high, low, value, min)) {
      this.min = { high, low, value };
    }
    if (value > (max?.value ?? Number.NEGATIVE_INFINITY) || isEarlierEqual(high, low, value, max)) {
      this.max = { high, low, value };
    }
  }
}

/** A point, its int64 step in two words: a BigInt for each of millions of points would cost more than all the rest. */
interface Point {
  /** Signed. */
  readonly high: number;
  /** Unsigned. */
  readonly low: number;
  readonly value: number;
}

function stepOf({ high, low }: Point): bigint {
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
