import type { Key } from '../rocksdb/bytes.js';
import { ARRAY, encodeFloat, encodePath, NONE } from './encoding.js';
import type { SequenceType } from './meta-records.js';
import { objectsPath } from './paths.js';
import { type SequenceId, sequenceId } from './sequence.js';
import { putTree } from './tree.js';
import { type AimDict, AimObject, type AimValue } from './value.js';

/** The outcome of one object sequence. */
export interface WrittenSequence {
  readonly id: SequenceId;
  readonly type: SequenceType;
  readonly steps: bigint[];
  recordMaxLength: number | undefined;
}

/** The messages of a run (Messages tab). */
export const LOG_RECORDS = sequenceId('__log_records', new Map());
const LOG_RECORD_TYPE: SequenceType = { dtype: 'aim.log_record', catalogue: 'sequence' };
/** Python's logging.WARNING. */
const WARNING = 30n;

/** Collects the small records that describe the objects of a run; their blobs are written elsewhere, immediately. */
export class ObjectRecords {
  private readonly records: { key: Key; value: Uint8Array }[] = [];
  private readonly written = new Map<Key, WrittenSequence>();
  private listLength = 0;

  constructor(private readonly hash: string) {}

  get sequences(): readonly WrittenSequence[] {
    return [...this.written.values()];
  }

  /** All records so far, in order of key. */
  sorted(): readonly { readonly key: Key; readonly value: Uint8Array }[] {
    return this.records.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** A message of the run (Messages tab); `source` is the name that Aim groups messages by. */
  message(message: string, args: AimDict, source: string, seconds: number): void {
    const step = BigInt(this.written.get(LOG_RECORDS.key)?.steps.length ?? 0);
    const path = this.step(LOG_RECORDS, LOG_RECORD_TYPE, step, seconds, false);
    const fields = new Map<string, AimValue>([
      ['__logger_info', [source, 0n]],
      ['log_level', WARNING],
      ['message', message],
      ['timestamp', seconds],
    ]);
    if (args.size > 0) fields.set('extra_args', args);
    putTree(path, new AimObject('aim.log_record', fields), this.put);
  }

  /** Adds the sequence and its record at `step` if they are missing; returns the path of the record's value. */
  step(id: SequenceId, type: SequenceType, step: bigint, seconds: number, list: boolean): Key {
    const base = objectsPath(this.hash, id.contextId, id.name);
    const path = base + encodePath('val', step);
    const isFirst = this.count(id, type, step);
    if (isFirst.ofSequence) for (const column of ['epoch', 'time', 'val']) this.put(base + encodePath(column), ARRAY);
    if (!isFirst.atStep) return path;
    this.put(base + encodePath('epoch', step), NONE);
    this.put(base + encodePath('time', step), encodeFloat(seconds));
    if (list) this.put(path, ARRAY);
    return path;
  }

  /** Counts an object that is already in Aim; nothing is written for it. */
  keep(id: SequenceId, type: SequenceType, step: bigint, list: boolean): void {
    this.count(id, type, step);
    if (list) this.extendList(id);
  }

  private count(id: SequenceId, type: SequenceType, step: bigint): { ofSequence: boolean; atStep: boolean } {
    let sequence = this.written.get(id.key);
    const ofSequence = sequence === undefined;
    sequence ??= { id, type, steps: [], recordMaxLength: undefined };
    this.written.set(id.key, sequence);
    const atStep = sequence.steps.at(-1) !== step;
    if (atStep) {
      sequence.steps.push(step);
      this.listLength = 0;
    }
    return { ofSequence, atStep };
  }

  /** Adds an element to the list at the last step of a sequence; returns its index. */
  extendList(id: SequenceId): number {
    const sequence = this.written.get(id.key);
    const index = this.listLength++;
    if (sequence !== undefined) {
      sequence.recordMaxLength = Math.max(sequence.recordMaxLength ?? 0, this.listLength);
    }
    return index;
  }

  readonly put = (key: Key, value: Uint8Array): void => {
    this.records.push({ key, value });
  };
}
