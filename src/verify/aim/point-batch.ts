import type { MetricBatch } from '../contents.js';
import type { Column } from './column.js';
import { RecordType } from './records.js';

/** What becomes of points whose records are of a type that they should not have. */
export interface MalformedPoints {
  /** Aim's SDK takes a float for a step and keeps it as one. */
  readonly allowFloatSteps: boolean;
  onMalformed(step: bigint | undefined, column: string, found: string): void;
}

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [RecordType.none]: 'None',
  [RecordType.int]: 'an int',
  [RecordType.float]: 'a float',
};

/** Makes batches of columns that are in line, without copying what need not be converted. */
export class PointBatch {
  private readonly converted: Float64Array;
  private readonly isInt: Uint8Array;

  constructor(capacity: number) {
    this.converted = new Float64Array(capacity);
    this.isInt = new Uint8Array(capacity);
  }

  /**
   * The first `length` elements of the columns, without those that are no points; the columns are in line afterwards as well.
   */
  take(columns: readonly Column[], length: number, malformed: MalformedPoints): MetricBatch {
    const [epoch, step, time, value] = columns as [Column, Column, Column, Column];
    const kept = dropMalformed(columns, length, malformed);
    toDoubles(epoch, kept);
    toDoubles(time, kept);
    return {
      length: kept,
      steps: step.integers.subarray(0, kept),
      values: this.values(value, kept),
      valueBits: new BigUint64Array(value.data.buffer, 0, kept),
      valueIsInt: this.isInt.subarray(0, kept),
      times: time.data.subarray(0, kept),
      epochs: epoch.data.subarray(0, kept),
    };
  }

  private values({ data, integers, types }: Column, length: number): Float64Array {
    let ints = 0;
    for (let i = 0; i < length; i++) {
      const isInt = types[i] === RecordType.int ? 1 : 0;
      this.isInt[i] = isInt;
      ints += isInt;
    }
    if (ints === 0) return data.subarray(0, length);
    for (let i = 0; i < length; i++) this.converted[i] = this.isInt[i] === 1 ? Number(integers[i]) : data[i]!;
    return this.converted.subarray(0, length);
  }
}

/** Turns ints into doubles, and None into NaN. */
function toDoubles({ data, integers, types }: Column, length: number): void {
  for (let i = 0; i < length; i++) {
    if (types[i] === RecordType.none) data[i] = Number.NaN;
    else if (types[i] === RecordType.int) data[i] = Number(integers[i]);
  }
}

function dropMalformed(columns: readonly Column[], length: number, malformed: MalformedPoints): number {
  const [, step, time, value] = columns as [Column, Column, Column, Column];
  const { none, int } = RecordType;
  let kept = 0;
  for (let i = 0; i < length; i++) {
    const isPoint = step.types[i] === int && time.types[i] !== none && value.types[i] !== none;
    if (isPoint) {
      if (kept < i) for (const column of columns) column.move(i, kept);
      kept++;
      continue;
    }
    if (malformed.allowFloatSteps && isIntegral(step, i)) {
      step.integers[i] = BigInt(step.data[i]!);
      step.types[i] = int;
      i--;
      continue;
    }
    const known = step.types[i] === int ? step.integers[i] : undefined;
    if (known === undefined) malformed.onMalformed(undefined, 'step', nameOf(step, i));
    else malformed.onMalformed(known, time.types[i] === none ? 'time' : 'val', TYPE_NAMES[none]!);
  }
  return kept;
}

function isIntegral({ types, data }: Column, i: number): boolean {
  return types[i] === RecordType.float && Number.isSafeInteger(data[i]!);
}

function nameOf({ types, data }: Column, i: number): string {
  return types[i] === RecordType.float ? `the float ${data[i]}` : (TYPE_NAMES[types[i]!] ?? 'something else');
}
