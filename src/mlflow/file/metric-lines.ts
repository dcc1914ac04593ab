import type { PointBuffer } from '../common/point-buffer.js';
import { DatasetFields } from './dataset-fields.js';
import { readMetricLine } from './metric-line.js';

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const UPPER_E = 69;
const LOWER_E = 101;

/** Powers of ten that a double holds exactly. */
const EXACT_POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const MAX_EXACT_POWER = 22;
/** Doubles represent integers below this exactly. */
const TWO_53 = 2 ** 53;
/** Numbers with this many decimal digits are below 2^53. */
const SAFE_DIGITS = 15;

/** Receives the number of a line without a point, beginning with 1, and the reason. */
export type LineSkipped = (line: number, fault: string) => void;

/**
 * Parses the lines of one metric file, chunk by chunk, into columns. Each line is parsed in one pass over its bytes; at the first
 * unusual byte it is left to {@link readMetricLine}, which understands every variant.
 */
export class MetricLines {
  readonly #columns: PointBuffer;
  readonly #skipped: LineSkipped;
  readonly #datasets = new DatasetFields();
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #line = 0;

  constructor(columns: PointBuffer, skipped: LineSkipped) {
    this.#columns = columns;
    this.#skipped = skipped;
  }

  /** Skips a line that the caller has not kept. */
  skipLine(fault: string): void {
    this.#line++;
    this.#skipped(this.#line, fault);
  }

  /**
   * Parses complete lines of `chunk` from `start` on, until the columns are full or `end` is reached, and returns the position of the
   * next line. The byte before `end` must be a newline, which stops every loop below.
   */
  parse(chunk: Buffer, start: number, end: number): number {
    this.#chunk = chunk;
    this.#at = start;
    while (this.#at < end && !this.#columns.isFull) {
      const lineStart = this.#at;
      this.#line++;
      if (!this.#parseUsualLine()) this.#parseAnyLine(lineStart);
    }
    return this.#at;
  }

  /** `<digits> <decimal> <integer>`; false, without effect, for any other line. */
  #parseUsualLine(): boolean {
    const chunk = this.#chunk;
    const timestamp = this.#wholeNumber();
    if (Number.isNaN(timestamp) || chunk[this.#at] !== SPACE) return false;
    this.#at++;
    const value = this.#decimal();
    if (value === undefined) return false;

    let step = 0;
    if (chunk[this.#at] === SPACE) {
      const negative = chunk[++this.#at] === MINUS;
      if (negative) this.#at++;
      step = negative ? -this.#wholeNumber() : this.#wholeNumber();
      if (Number.isNaN(step)) return false;
      if (chunk[this.#at] === SPACE) return this.#pushWithDataset(timestamp, value, step);
    }
    if (chunk[this.#at] === RETURN) this.#at++;
    if (chunk[this.#at] !== NEWLINE) return false;
    this.#at++;
    this.#columns.push(timestamp, value, step);
    return true;
  }

  /** At the space behind the step: a dataset's name and digest follow. */
  #pushWithDataset(timestamp: number, value: number, step: number): true {
    const end = this.#chunk.indexOf(NEWLINE, this.#at);
    const dataset = this.#datasets.read(this.#chunk.toString('latin1', this.#at + 1, end));
    this.#at = end + 1;
    this.#columns.push(timestamp, value, step);
    if (dataset !== undefined) this.#columns.setDataset(dataset);
    return true;
  }

  #parseAnyLine(lineStart: number): void {
    const lineEnd = this.#chunk.indexOf(NEWLINE, lineStart);
    this.#at = lineEnd + 1;
    const point = readMetricLine(this.#chunk.toString('latin1', lineStart, lineEnd));
    if (point === undefined) return;
    if ('fault' in point) {
      this.#skipped(this.#line, point.fault);
      return;
    }
    this.#columns.pushBig(point.timestamp, point.value, point.step);
    const dataset = this.#datasets.read(point.rest);
    if (dataset !== undefined) this.#columns.setDataset(dataset);
  }

  /** Up to 15 digits; otherwise NaN. */
  #wholeNumber(): number {
    const chunk = this.#chunk;
    const start = this.#at;
    let at = start;
    let number = 0;
    let digit = chunk[at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      number = number * 10 + digit;
      digit = chunk[++at]! - ZERO;
    }
    this.#at = at;
    return at === start || at - start > SAFE_DIGITS ? Number.NaN : number;
  }

  /**
   * A decimal number, correctly rounded. A mantissa below 2^53 and a power of ten up to 22 are both exact in a
   * double, so their product or quotient is rounded once (Clinger's fast path); JavaScript parses anything else.
   */
  #decimal(): number | undefined {
    const chunk = this.#chunk;
    const start = this.#at;
    const negative = chunk[start] === MINUS;
    let at = negative ? start + 1 : start;
    const firstDigit = at;
    let mantissa = 0;
    let power = 0;
    let digit = chunk[at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = chunk[++at]! - ZERO;
    }
    let digits = at - firstDigit;
    if (chunk[at] === DOT) {
      const fraction = ++at;
      digit = chunk[at]! - ZERO;
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digit = chunk[++at]! - ZERO;
      }
      power = fraction - at;
      digits += at - fraction;
    }
    if (digits === 0) return undefined;
    if (chunk[at] === LOWER_E || chunk[at] === UPPER_E) {
      const sign = chunk[++at];
      if (sign === MINUS || sign === PLUS) at++;
      this.#at = at;
      const exponent = this.#wholeNumber();
      if (Number.isNaN(exponent)) return undefined;
      at = this.#at;
      power += sign === MINUS ? -exponent : exponent;
    }
    this.#at = at;
    if (mantissa < TWO_53 && power >= -MAX_EXACT_POWER && power <= MAX_EXACT_POWER) {
      const value = power < 0 ? mantissa / EXACT_POWERS[-power]! : mantissa * EXACT_POWERS[power]!;
      return negative ? -value : value;
    }
    return Number(chunk.toString('latin1', start, at));
  }
}
