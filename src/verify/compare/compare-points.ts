import type { MetricBatch, MetricSequence } from '../contents.js';
import type { ExpectedMetric, MetricHistory } from '../expected/metric-history.js';
import { exactSteps } from '../expected/step-places.js';
import type { DifferenceCode, DifferencePlace } from './differences.js';
import { showFloat, showTime } from './show.js';

/**
 * Hears of each point that is not as it has to be. `isOfEarlierState` tells whether what was found is what an earlier conversion had
 * to write: an earlier arrival at the step, or the point as it was numbered when all were at one step.
 */
export type TellPoint = (code: DifferenceCode, place: DifferencePlace, isOfEarlierState: () => boolean) => void;

/**
 * Compares the points of one sequence, as far as they belong to one pass over the history, with those that Aim holds: each is looked
 * up by its step, so that the order in which Aim keeps them does not matter. Values and times are compared bit by bit.
 */
export function comparePoints(
  { history, pass }: { readonly history: Pick<MetricHistory, 'passes' | 'isOfPass'>; readonly pass: number },
  expected: ExpectedMetric,
  found: MetricSequence | undefined,
  tell: TellPoint,
): void {
  const comparison = new PointComparison(expected, tell);
  const isOfPass = history.passes === 1 ? undefined : (step: bigint) => history.isOfPass(pass, step);
  for (const batch of found?.points() ?? []) comparison.compare(batch, isOfPass);
  if (found?.isReadable !== false) comparison.finish();
}

class PointComparison {
  private readonly seen: Uint8Array;
  private readonly valueWords: Int32Array;
  private readonly timeWords: Int32Array;
  private matched = 0;

  constructor(
    private readonly expected: ExpectedMetric,
    private readonly tell: TellPoint,
  ) {
    const { steps, values, times } = expected.table.columns;
    this.seen = new Uint8Array(steps.length);
    this.valueWords = wordsOf(values);
    this.timeWords = wordsOf(times);
  }

  compare(batch: MetricBatch, isOfPass: ((step: bigint) => boolean) | undefined): void {
    const { table } = this.expected;
    // most steps are exact numbers, and need not become int64s
    const numbers = table.isExact ? exactSteps(batch.steps.subarray(0, batch.length)) : undefined;
    const [valueWords, timeWords] = [wordsOf(batch.valueBits), wordsOf(batch.times)];
    for (let i = 0; i < batch.length; i++) {
      if (isOfPass?.(batch.steps[i]!) === false) continue;
      const at = numbers === undefined ? table.indexOf(batch.steps[i]!) : table.indexOfNumber(numbers[i]!);
      if (at < 0 || this.seen[at] === 1) {
        this.report('point-extra', batch, i, {});
        continue;
      }
      this.seen[at] = 1;
      this.matched++;
      const isSameValue = isSame(this.valueWords, at, valueWords, i) && batch.valueIsInt[i] === 0;
      if (!isSameValue) this.compareValue(batch, i, at);
      if (!isSame(this.timeWords, at, timeWords, i)) this.reportTime(batch, i, at);
      if (numbers === undefined) this.compareStep(batch, i, at);
      if (!Number.isNaN(batch.epochs[i]!)) {
        this.report('value-differs', batch, i, { expected: 'no epoch', found: `epoch ${batch.epochs[i]}` });
      }
    }
  }

  finish(): void {
    const { table } = this.expected;
    if (this.matched === table.size) return;
    const { steps, values } = table.columns;
    for (let i = 0; i < steps.length; i++) {
      if (this.seen[i] === 1 || !table.stands(i)) continue;
      this.tell('point-missing', { step: steps[i]!, expected: showFloat(values[i]!) }, () => false);
    }
  }

  private compareValue(batch: MetricBatch, i: number, at: number): void {
    const [expected, found] = [this.expected.table.columns.values[at]!, batch.values[i]!];
    if (batch.valueIsInt[i] === 1) {
      this.report('type-differs', batch, i, { expected: `float ${showFloat(expected)}`, found: `int ${found}` });
    } else if (!(Number.isNaN(expected) && Number.isNaN(found))) {
      const text = showFloat(expected);
      this.report('value-differs', batch, i, {
        expected: text === showFloat(found) ? `${text} with other bits` : text,
      });
    }
  }

  /** Two steps of one place: Aim has to have that of the last to arrive. */
  private compareStep(batch: MetricBatch, i: number, at: number): void {
    const step = this.expected.table.columns.steps[at]!;
    if (step === batch.steps[i]!) return;
    this.report('step-differs', batch, i, { expected: `step ${step}`, found: `step ${batch.steps[i]}` });
  }

  private reportTime(batch: MetricBatch, i: number, at: number): void {
    const expected = showTime(this.expected.table.columns.times[at]!);
    this.report('time-differs', batch, i, { expected, found: showTime(batch.times[i]!) });
  }

  private report(code: DifferenceCode, batch: MetricBatch, i: number, texts: DifferencePlace): void {
    const [step, value, time] = [batch.steps[i]!, batch.values[i]!, batch.times[i]!];
    this.tell(code, { step, found: showFloat(value), ...texts }, () => this.isOfEarlierState(step, value, time));
  }

  private isOfEarlierState(step: bigint, value: number, time: number): boolean {
    const { steps, values, times } = this.expected.table.columns;
    const isPoint = (i: number) => Object.is(values[i], value) && Object.is(times[i], time);
    if (step >= 0n && step < BigInt(steps.length) && isPoint(Number(step))) return true;
    return steps.some((other, i) => other === step && isPoint(i));
  }
}

function isSame(a: Int32Array, i: number, b: Int32Array, j: number): boolean {
  return a[i * 2] === b[j * 2] && a[i * 2 + 1] === b[j * 2 + 1];
}

function wordsOf(numbers: Float64Array | BigUint64Array): Int32Array {
  return new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
}
