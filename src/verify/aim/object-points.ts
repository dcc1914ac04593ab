import type { ObjectPoint, SequenceId, Value } from '../contents.js';
import type { Database } from '../rocksdb/database.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import { Column } from './column.js';
import type { RunReport } from './finding-report.js';
import { BLOBS, behind, decodeKey, describeKey, describePath, encodeKey, type PathElement } from './keys.js';
import { OBJECT_COLUMNS } from './layout.js';
import type { ObjectCheck } from './object-check.js';
import { RecordType } from './records.js';
import { Tree } from './tree.js';

/** A sequence of objects and where it lies. */
export interface StoredObjects {
  readonly id: SequenceId;
  /** See {@link objectsKey}. */
  readonly base: Uint8Array;
}

/** One element at a time of the arrays `epoch` and `time`. */
const ONE = 1;

interface StepValue {
  readonly step: bigint;
  readonly value: Value;
}

/**
 * Reads the points of a sequence of objects, from four places in step: epochs, times, values, and the bytes of BLOBs, which
 * Aim keeps apart under the same paths. Holds one point.
 */
export class ObjectPoints {
  private readonly valuePrefix: Buffer;
  private readonly values: DatabaseCursor;
  private readonly blobs: DatabaseCursor;
  private readonly blobPrefix: Buffer;

  constructor(
    private readonly database: Database,
    private readonly sequence: StoredObjects,
    private readonly report: RunReport,
  ) {
    this.valuePrefix = Buffer.concat([sequence.base, encodeKey('val')]);
    this.values = database.cursor();
    this.blobs = database.cursor();
    this.blobPrefix = Buffer.concat([BLOBS, sequence.base]);
  }

  *read(check: ObjectCheck): Generator<ObjectPoint> {
    const [epochName, timeName, valueName] = OBJECT_COLUMNS;
    const epochs = this.column(epochName);
    const times = this.column(timeName);
    this.blobs.seek(this.blobPrefix);
    this.begin(this.values, valueName);
    let value = this.nextValue();
    for (;;) {
      const step = lowestStep(epochs.step, times.step, value?.step);
      if (step === undefined) break;
      const [epoch, time] = [epochs.step === step, times.step === step];
      if (value?.step === step && time && epoch && times.type !== RecordType.none) {
        check.add(step, value.value);
        const { number } = epochs;
        yield { step, value: value.value, time: times.number, epoch: Number.isNaN(number) ? undefined : number };
      } else this.incomplete(step, { epoch, time, val: value?.step === step });
      if (value?.step === step) value = this.nextValue();
      if (epoch) epochs.next();
      if (time) times.next();
    }
    this.endBlobs();
    this.checkOthers();
    check.finish();
    this.report.endSequence(this.sequence.id);
  }

  count(): number {
    const column = this.column('epoch');
    let count = 0;
    for (; column.step !== undefined; column.next()) count++;
    return count;
  }

  private column(name: string): NumberColumn {
    const prefix = Buffer.concat([this.sequence.base, encodeKey(name)]);
    const cursor = this.database.cursor();
    this.begin(cursor, name);
    return new NumberColumn(cursor, prefix, () => this.unknown(cursor));
  }

  /** Goes to the first element of an array, of which a record of its own says that it is a list. */
  private begin(cursor: DatabaseCursor, name: string): void {
    const prefix = Buffer.concat([this.sequence.base, encodeKey(name)]);
    cursor.seek(prefix);
    const isList = cursor.valid && cursor.compare(prefix) === 0 && cursor.value[cursor.valueStart] === RecordType.list;
    if (isList) cursor.next();
    else this.report.add('record-missing', { record: name }, this.sequence.id);
  }

  /** The records of the next step, made into a value. */
  private nextValue(): StepValue | undefined {
    const { values, valuePrefix } = this;
    const start = valuePrefix.length;
    for (;;) {
      if (!values.valid || !values.startsWith(valuePrefix)) return undefined;
      const [step] = decodeKey(values.key, start, values.keyLength) ?? [];
      if (typeof step === 'bigint') return { step, value: this.valueAt(step) };
      this.unknown(values);
      values.next();
    }
  }

  private valueAt(step: bigint): Value {
    const { values } = this;
    const prefix = Buffer.concat([this.valuePrefix, encodeKey(step)]);
    const tree = new Tree();
    for (; values.valid && values.startsWith(prefix); values.next()) {
      const path = decodeKey(values.key, prefix.length, values.keyLength);
      if (path === undefined) this.unknown(values);
      else tree.add(path, this.recordOrBlob(step, path));
    }
    return tree.value(({ code, at, found }) => {
      this.report.add(code, { step, record: describePath(['val', ...at]), found }, this.sequence.id);
    });
  }

  private recordOrBlob(step: bigint, path: readonly PathElement[]): Uint8Array {
    const { values, blobs } = this;
    const record = values.value.subarray(values.valueStart, values.valueEnd);
    if (record.length > 0) return record;
    const key = Buffer.concat([BLOBS, values.key.subarray(0, values.keyLength)]);
    for (; blobs.valid && blobs.startsWith(this.blobPrefix) && blobs.compare(key) < 0; blobs.next()) this.strayBlob();
    if (!blobs.valid || blobs.compare(key) !== 0) {
      this.report.add('blob-missing', { step, record: describePath(['val', ...path]) }, this.sequence.id);
      return Buffer.of(RecordType.bytes);
    }
    const blob = blobs.copyValue();
    blobs.next();
    return blob;
  }

  private endBlobs(): void {
    const { blobs } = this;
    for (; blobs.valid && blobs.startsWith(this.blobPrefix); blobs.next()) this.strayBlob();
  }

  /** Reports what lies before, between and behind the arrays. */
  private checkOthers(): void {
    const { sequence, values: cursor } = this;
    cursor.seek(sequence.base);
    while (cursor.valid && cursor.startsWith(sequence.base)) {
      const [name] = decodeKey(cursor.key, sequence.base.length, cursor.keyLength) ?? [];
      if (OBJECT_COLUMNS.some((column) => column === name)) {
        cursor.seek(behind(Buffer.concat([sequence.base, encodeKey(name!)])));
      } else {
        this.unknown(cursor);
        cursor.next();
      }
    }
  }

  private strayBlob(): void {
    const { key, keyLength } = this.blobs;
    const record = describeKey(key.subarray(this.blobPrefix.length, keyLength));
    this.report.add('blob-extra', { record }, this.sequence.id);
  }

  private incomplete(step: bigint, has: Readonly<Record<string, boolean>>): void {
    const missing = OBJECT_COLUMNS.filter((name) => has[name] !== true);
    const found = missing.length === 0 ? 'a time of None' : `no ${missing.join(', no ')}`;
    this.report.add('point-incomplete', { step, found }, this.sequence.id);
  }

  private unknown({ key, keyLength }: DatabaseCursor): void {
    const record = describeKey(key.subarray(this.sequence.base.length, keyLength));
    this.report.add('record-unknown', { record }, this.sequence.id);
  }
}

/** Walks an array of numbers that are filed under steps. */
class NumberColumn {
  private readonly column = new Column(ONE);

  constructor(
    private readonly cursor: DatabaseCursor,
    private readonly prefix: Buffer,
    private readonly onOther: () => void,
  ) {
    this.next();
  }

  /** Undefined behind the last element. */
  get step(): bigint | undefined {
    const { keys, length } = this.column;
    return length === 0 ? undefined : BigInt.asIntN(64, (BigInt(keys[0]!) << 32n) | BigInt(keys[1]!));
  }

  get type(): number {
    return this.column.types[0]!;
  }

  /** NaN for None. */
  get number(): number {
    const { types, data, integers } = this.column;
    if (types[0] === RecordType.none) return Number.NaN;
    return types[0] === RecordType.int ? Number(integers[0]) : data[0]!;
  }

  next(): void {
    this.column.clear();
    this.column.fill(this.cursor, this.prefix, this.onOther);
  }
}

/** The step that is stored first, by the order of keys: negative steps come behind the others. */
function lowestStep(...steps: readonly (bigint | undefined)[]): bigint | undefined {
  let lowest: bigint | undefined;
  for (const step of steps) {
    if (step === undefined) continue;
    if (lowest === undefined || BigInt.asUintN(64, step) < BigInt.asUintN(64, lowest)) lowest = step;
  }
  return lowest;
}
