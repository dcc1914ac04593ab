import { withoutTrailing } from '../common/trailing.js';

/** A point as one line of a metric file holds it. */
export interface LinePoint {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly value: number;
  readonly step: bigint;
  /** What stands behind the step and its space, as it is. */
  readonly rest: string;
}

/** Why a line is not a point, to complete a sentence about it. */
export interface LineFault {
  readonly fault: string;
}

/** The ASCII characters that Python's `str.strip` removes. */
export const SPACE = '\t\n\v\f\r ';

const MIN_STEP = -(2n ** 63n);
const MAX_STEP = 2n ** 63n - 1n;

/**
 * Reads one line of a metric file, without its newline, in any shape that a version of MLflow writes: `timestamp
 * value`, `… step`, and `… step dataset digest`. Fields are separated by one space and nothing is escaped. Undefined for a
 * line of white space only.
 *
 * The exact and slow counterpart of the hot loop in metric-lines.ts, for every line that the loop cannot parse.
 */
export function readMetricLine(line: string): LinePoint | LineFault | undefined {
  const text = withoutTrailing(line.replace(/^[\t-\r ]+/, ''), SPACE);
  if (text === '') return undefined;
  const [timeText = '', valueText, stepText] = text.split(' ', 3);
  if (valueText === undefined) return { fault: `it holds ${quote(text)} instead of a time, a value and a step` };

  const timestamp = pythonFloat(timeText);
  if (timestamp === undefined || !Number.isFinite(timestamp))
    return { fault: `its time ${quote(timeText)} is not a number` };
  const value = pythonFloat(valueText);
  if (value === undefined) return { fault: `its value ${quote(valueText)} is not a number` };
  if (stepText === undefined) return { timestamp, value, step: 0n, rest: '' };

  const step = wholeNumber(stepText);
  if (step === undefined) return { fault: `its step ${quote(stepText)} is not an integer` };
  if (step < MIN_STEP || step > MAX_STEP) return { fault: `its step ${quote(stepText)} does not fit into 64 bits` };
  const rest = text.slice(timeText.length + valueText.length + stepText.length + 3);
  return { timestamp, value, step, rest };
}

/**
 * Parses a text without white space as Python's `float()` does, bit for bit; undefined where that raises. ECMAScript rounds decimal
 * literals in the same, correct way.
 */
export function pythonFloat(text: string): number | undefined {
  if (/^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/.test(text)) {
    return Number(text.replaceAll('_', ''));
  }
  const [, sign, name = ''] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? [];
  if (name === '') return undefined;
  if (name.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** An integer, or a float without a fraction: MLflow does not validate steps. */
function wholeNumber(text: string): bigint | undefined {
  if (/^[+-]?\d{1,400}$/.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text);
  const number = pythonFloat(text);
  return number !== undefined && Number.isInteger(number) ? BigInt(number) : undefined;
}

/** Lines are read as Latin-1, one character per byte. Messages show them as UTF-8, shortened. */
function quote(text: string): string {
  const readable = Buffer.from(text.slice(0, 200), 'latin1').toString('utf8');
  return JSON.stringify(readable.length > 40 ? `${readable.slice(0, 40)}…` : readable);
}
