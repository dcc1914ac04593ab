import { withoutTrailing } from '../common/trailing.js';

/** A point as one line of a metric file holds it. */
export interface LinePoint {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly value: number;
  readonly step: bigint;
}

/** Why a line holds no point, as the end of a sentence about it. */
export interface LineFault {
  readonly fault: string;
}

/** What Python's `str.strip` takes away, of ASCII. */
const SPACE = '\t\n\v\f\r ';

const MIN_STEP = -(2n ** 63n);
const MAX_STEP = 2n ** 63n - 1n;

/**
 * Reads one line of a metric file, without its newline, in any shape that a version of MLflow writes: `timestamp
 * value`, `… step`, `… step dataset digest`, and below models `… step run [dataset digest]`. Fields are separated by
 * one space and nothing is escaped, so whatever follows the step is not looked at. `undefined` for a line of nothing
 * but white space.
 *
 * The exact and slow twin of the hot loop in metric-lines.ts, for every line that the loop is not sure about.
 */
export function readMetricLine(line: string): LinePoint | LineFault | undefined {
  const text = withoutTrailing(line.replace(/^[\t-\r ]+/, ''), SPACE);
  if (text === '') return undefined;
  const [timeText = '', valueText, stepText] = text.split(' ', 3);
  if (valueText === undefined) return { fault: `it holds ${quote(text)} where a time, a value and a step should be` };

  const timestamp = pythonFloat(timeText);
  if (timestamp === undefined || !Number.isFinite(timestamp))
    return { fault: `its time ${quote(timeText)} is no number` };
  const value = pythonFloat(valueText);
  if (value === undefined) return { fault: `its value ${quote(valueText)} is no number` };
  if (stepText === undefined) return { timestamp, value, step: 0n };

  const step = wholeNumber(stepText);
  if (step === undefined) return { fault: `its step ${quote(stepText)} is no whole number` };
  if (step < MIN_STEP || step > MAX_STEP) return { fault: `its step ${quote(stepText)} does not fit into 64 bits` };
  return { timestamp, value, step };
}

/**
 * What Python's `float()` makes of a text without white space, bit for bit; `undefined` where that raises. ECMAScript
 * reads decimal literals with the same correct rounding.
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

/** An integer, or a float without a fraction: MLflow does not check what it is given as a step. */
function wholeNumber(text: string): bigint | undefined {
  if (/^[+-]?\d{1,400}$/.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text);
  const number = pythonFloat(text);
  return number !== undefined && Number.isInteger(number) ? BigInt(number) : undefined;
}

/** Lines are read as Latin-1, one character for each byte; people get them as the UTF-8 they are, and short. */
function quote(text: string): string {
  const readable = Buffer.from(text.slice(0, 200), 'latin1').toString('utf8');
  return JSON.stringify(readable.length > 40 ? `${readable.slice(0, 40)}…` : readable);
}
