import type { MetricBatch, SequenceId, SequenceSummary, Value } from '../contents.js';
import type { Column } from './column.js';
import type { RunReport } from './finding-report.js';
import { showValue } from './show.js';
import type { StepHashes } from './step-hashes.js';

/** One point, its step in two words. */
interface Point {
  high: number;
  low: number;
  value: number;
  bits: bigint;
  isInt: boolean;
}

const FIRST_BEHIND_EXACT = 2 ** 21;

/** What a check of a metric needs to know besides its points. */
export interface MetricToCheck {
  readonly id: SequenceId;
  readonly summary: SequenceSummary;
  /**
   * Aim's SDK sums up points as they arrive. What it overwrote since (a step that was tracked again) and the order of
   * arrival are not to be seen any more, so that less can be demanded of a run that it has written.
   */
  readonly byAim: boolean;
}

/** Checks the points of a metric: that each is filed under the hash of its step, and that the summary fits them. */
export class MetricCheck {
  private count = 0;
  private ints = 0;
  private first: Point | undefined;
  private last: Point | undefined;
  private min: Point | undefined;
  private max: Point | undefined;
  private hasFirstStep = false;

  constructor(
    private readonly metric: MetricToCheck,
    private readonly hashes: StepHashes,
    private readonly report: RunReport,
  ) {}

  /** Takes a batch; `columns` are what it was made of, for the keys. */
  add(batch: MetricBatch, columns: readonly Column[]): void {
    const [, { keys, words }] = columns as [Column, Column];
    const { hashes } = this;
    const { firstStep } = this.metric.summary;
    const firstLow = Number(BigInt.asIntN(32, firstStep ?? 0n));
    const firstHigh = Number(BigInt.asIntN(32, (firstStep ?? 0n) >> 32n));
    for (let i = 0; i < batch.length; i++) {
      const low = words[i * 2]!;
      const high = words[i * 2 + 1]!;
      hashes.hash(low, high);
      if (hashes.low !== (keys[i * 2 + 1]! | 0) || hashes.high !== (keys[i * 2]! | 0)) this.wrongHash(batch, i, keys);
      if (low === firstLow && high === firstHigh) this.hasFirstStep = true;
      this.sum(batch, i, high, low >>> 0);
    }
    this.count += batch.length;
  }

  finish(): void {
    const { count, metric, report } = this;
    if (count === 0) {
      report.add('sequence-without-points', {}, metric.id);
      return;
    }
    this.checkType();
    this.checkSteps();
    const { summary } = metric;
    if (metric.byAim) {
      this.checkBound('min', summary.min, this.min, (stored, value) => stored <= value);
      this.checkBound('max', summary.max, this.max, (stored, value) => stored >= value);
      return;
    }
    this.checkValue('first', summary.first, this.first);
    this.checkValue('last', summary.last, this.last);
    this.checkValue('min', summary.min, this.min);
    this.checkValue('max', summary.max, this.max);
  }

  private sum(batch: MetricBatch, i: number, high: number, low: number): void {
    const value = batch.values[i]!;
    if (batch.valueIsInt[i] === 1) this.ints++;
    const { first, last, min, max } = this;
    if (last === undefined || isBehind(high, low, last)) this.last = pointAt(batch, i, high, low);
    if (first === undefined || comesFirst(high, low, first)) this.first = pointAt(batch, i, high, low);
    if (value < (min?.value ?? Number.POSITIVE_INFINITY) || isEarlierZero(value, min, high, low)) {
      this.min = pointAt(batch, i, high, low);
    }
    if (value > (max?.value ?? Number.NEGATIVE_INFINITY) || isEarlierZero(value, max, high, low)) {
      this.max = pointAt(batch, i, high, low);
    }
  }

  private wrongHash(batch: MetricBatch, i: number, keys: Uint32Array): void {
    const step = batch.steps[i]!;
    const key = (BigInt(keys[i * 2]!) << 32n) | BigInt(keys[i * 2 + 1]!);
    const expected = (BigInt(this.hashes.high >>> 0) << 32n) | BigInt(this.hashes.low >>> 0);
    const details = { step, expected: hex(expected), found: hex(key) };
    this.report.add('step-hash', details, this.metric.id);
  }

  private checkType(): void {
    const { dtype } = this.metric.summary;
    const { ints, count } = this;
    const fits = dtype === 'number' || (dtype === 'int' ? ints === count : ints === 0);
    if (!fits)
      this.differs('dtype', dtype ?? 'nothing', ints === count ? 'ints' : ints === 0 ? 'floats' : 'ints and floats');
  }

  private checkSteps(): void {
    const { byAim, summary } = this.metric;
    const first = stepOf(this.first!);
    const last = stepOf(this.last!);
    // the SDK counts from 0 and takes no step below that for the last
    const lastInAim = byAim && last < 0n ? undefined : last;
    if (summary.lastStep !== lastInAim && !(byAim && summary.lastStep === last)) {
      this.differs('last_step', show(summary.lastStep), show(last));
    }
    if (byAim ? !this.hasFirstStep : summary.firstStep !== first) {
      this.differs('first_step', show(summary.firstStep), byAim ? 'no point at that step' : show(first));
    }
  }

  private checkValue(record: string, stored: Value | undefined, point: Point | undefined): void {
    const fits = stored === undefined ? point === undefined : point !== undefined && isSame(stored, point);
    if (!fits) this.differs(record, stored === undefined ? 'nothing' : showValue(stored), describe(point));
  }

  private checkBound(
    record: string,
    stored: Value | undefined,
    point: Point | undefined,
    holds: (stored: number, value: number) => boolean,
  ): void {
    if (point === undefined) return;
    const bound = stored?.type === 'float' || stored?.type === 'int' ? Number(stored.value) : undefined;
    if (bound !== undefined && holds(bound, point.value)) return;
    this.differs(record, stored === undefined ? 'nothing' : showValue(stored), describe(point));
  }

  /** The summary says one thing and the points another. */
  private differs(record: string, found: string, expected: string): void {
    this.report.add('summary-differs', { record, expected, found }, this.metric.id);
  }
}

function pointAt(batch: MetricBatch, i: number, high: number, low: number): Point {
  return { high, low, value: batch.values[i]!, bits: batch.valueBits[i]!, isInt: batch.valueIsInt[i] === 1 };
}

function isSame(stored: Value, { bits, isInt }: Point): boolean {
  if (stored.type === 'int') return isInt && stored.value === BigInt.asIntN(64, bits);
  return stored.type === 'float' && !isInt && stored.bits === bits;
}

function isBehind(high: number, low: number, than: Point): boolean {
  return high === than.high ? low > than.low : high > than.high;
}

/** As if the SDK had tracked the points by step: the first is the lowest from 0 on, or else the highest. */
function comesFirst(high: number, low: number, than: Point): boolean {
  if (high < 0 !== than.high < 0) return high >= 0;
  if (high === than.high && low === than.low) return false;
  return isBehind(high, low, than) === high < 0;
}

/** Of 0 and −0 the SDK keeps the one that came first. */
function isEarlierZero(value: number, best: Point | undefined, high: number, low: number): boolean {
  return value === 0 && best?.value === 0 && !isBehind(high, low, best) && !(high === best.high && low === best.low);
}

function stepOf({ high, low }: Point): bigint {
  if (high < FIRST_BEHIND_EXACT && high >= -FIRST_BEHIND_EXACT) return BigInt(high * 2 ** 32 + low);
  return (BigInt(high) << 32n) | BigInt(low);
}

function describe(point: Point | undefined): string {
  if (point === undefined) return 'nothing';
  const { value, bits, isInt } = point;
  const shown = showValue(isInt ? { type: 'int', value: BigInt.asIntN(64, bits) } : { type: 'float', value, bits });
  return `${shown}, at step ${stepOf(point)}`;
}

function show(step: bigint | undefined): string {
  return step === undefined ? 'nothing' : String(step);
}

function hex(key: bigint): string {
  return `under the key 0x${key.toString(16).padStart(16, '0')}`;
}
