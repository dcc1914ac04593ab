import type { ArtifactPlace, ArtifactRecord } from '../model.js';
import type { Key } from '../rocksdb/bytes.js';
import type { DatabaseWriter } from '../rocksdb/database-writer.js';
import { RollingTable } from '../rocksdb/rolling-table.js';
import {
  ARRAY,
  BLOB_PREFIX,
  BLOB_SENTINEL,
  encodeBytes,
  encodeFloat,
  encodeObjectType,
  encodePath,
  encodeString,
  encodeUtf8,
  NONE,
} from './encoding.js';
import type { SequenceType } from './meta-records.js';
import { objectsPath } from './paths.js';
import { type SequenceId, sequenceId } from './sequence.js';
import { putTree } from './tree.js';
import { type AimDict, AimObject, type AimValue } from './value.js';

type Artifact = Extract<ArtifactRecord, { type: 'artifact' }>;

/** What became of one object sequence. */
export interface WrittenSequence {
  readonly id: SequenceId;
  readonly type: SequenceType;
  readonly steps: bigint[];
  recordMaxLength: number | undefined;
}

interface TerminalLog {
  readonly id: SequenceId;
  readonly base: Key;
  readonly lines: number;
  readonly seconds: number;
}

const ROLES = {
  image: { typeName: 'aim.image', catalogue: 'images', context: new Map([['type', 'image']]) },
  audio: { typeName: 'aim.audio', catalogue: 'audios', context: new Map([['type', 'audio']]) },
  text: { typeName: 'aim.text', catalogue: 'texts', context: new Map([['type', 'text']]) },
  log: { typeName: 'aim.log_line', catalogue: 'sequence', context: new Map() },
} as const satisfies Record<string, { typeName: string; catalogue: SequenceType['catalogue']; context: AimDict }>;

const LOG_RECORDS = sequenceId('__log_records', ROLES.log.context);
const LOG_RECORD_TYPE: SequenceType = { dtype: 'aim.log_record', catalogue: 'sequence' };
/** Python's logging.WARNING. */
const WARNING = 30n;

/** The Aim sequence that a place belongs to. */
export function placeSequence(place: ArtifactPlace): SequenceId {
  return sequenceId(place.sequence, ROLES[place.role].context);
}

/**
 * Brings the places of a run into the order in which their blobs are stored, and makes records lists where one of a
 * sequence has to be one: all values of an Aim sequence are of one type.
 */
export function arrangePlaces(places: readonly ArtifactPlace[]): ArtifactPlace[] {
  const sorted = places
    .map((place) => ({ place, key: placeSequence(place).key + encodePath(place.step) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.place.file.path, b.place.file.path));
  const lists = new Set<Key>();
  for (const [i, { place, key }] of sorted.entries()) {
    if (place.grouped || sorted[i - 1]?.key === key) lists.add(placeSequence(place).key);
  }
  return sorted.map(({ place }) => ({ ...place, grouped: lists.has(placeSequence(place).key) }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function logSequence({ id, lines }: TerminalLog): WrittenSequence {
  const { typeName: dtype, catalogue } = ROLES.log;
  const steps = Array.from({ length: lines }, (_, i) => BigInt(i));
  return { id, type: { dtype, catalogue }, steps, recordMaxLength: undefined };
}

/**
 * Writes the objects of a run: images, texts, audio and messages. Artifacts come in the order of {@link arrangePlaces};
 * their bytes go to disk at once, only the small records that describe them are kept until {@link finish}.
 */
export class ObjectsWriter {
  private readonly table: RollingTable;
  private readonly records: { key: Key; value: Uint8Array }[] = [];
  private readonly sequences = new Map<Key, WrittenSequence>();
  private listLength = 0;
  private log: TerminalLog | undefined;

  constructor(
    database: DatabaseWriter,
    private readonly hash: string,
  ) {
    this.table = new RollingTable(database);
  }

  artifact({ place, bytes, image }: Artifact, time: number): void {
    const id = placeSequence(place);
    const seconds = place.timestamp === undefined ? time : place.timestamp / 1000;
    if (place.role === 'log') {
      this.logLines(id, bytes, seconds);
      return;
    }
    const { typeName, catalogue } = ROLES[place.role];
    const type = { dtype: place.grouped ? `list(${typeName})` : typeName, catalogue };
    const path = this.step(id, type, place.step, seconds, place.grouped);
    const item = place.grouped ? path + encodePath(BigInt(this.listLength)) : path;
    if (place.grouped) this.growList(id);
    switch (place.role) {
      case 'image': {
        const header = image ?? { width: 0, height: 0, format: '', mode: '' };
        const fields: [string, AimValue][] = [
          ['caption', place.file.path],
          ['format', header.format],
          ['height', BigInt(header.height)],
          ['mode', header.mode],
          ['source', 'PIL.Image'],
          ['width', BigInt(header.width)],
        ];
        this.object(item, typeName, fields, encodeBytes(bytes));
        return;
      }
      case 'audio': {
        const format = place.file.path.slice(place.file.path.lastIndexOf('.') + 1).toLowerCase();
        const fields: [string, AimValue][] = [
          ['caption', place.file.path],
          ['format', format],
        ];
        this.object(item, typeName, fields, encodeBytes(bytes));
        return;
      }
      case 'text':
        this.object(item, typeName, [], encodeUtf8(bytes));
    }
  }

  /** A message of the run (Messages tab); `source` is the name that Aim groups messages by. */
  message(message: string, args: AimDict, source: string, seconds: number): void {
    const step = BigInt(this.sequences.get(LOG_RECORDS.key)?.steps.length ?? 0);
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

  /** Writes the records that describe the objects; returns the sequences. */
  finish(): readonly WrittenSequence[] {
    this.records.sort((a, b) => compare(a.key, b.key));
    const { log } = this;
    const behindLog = log === undefined ? 0 : this.records.findIndex(({ key }) => key > log.base);
    const cut = behindLog < 0 ? this.records.length : behindLog;
    this.addAll(this.records.slice(0, cut));
    if (log !== undefined) for (const [key, value] of this.logRecords(log)) this.table.add(key, value);
    this.addAll(this.records.slice(cut));
    this.table.finish();
    return [...this.sequences.values(), ...(log === undefined ? [] : [logSequence(log)])];
  }

  private addAll(records: readonly { readonly key: Key; readonly value: Uint8Array }[]): void {
    for (const { key, value } of records) this.table.add(key, value);
  }

  /** Writes the blobs of the terminal log; all that its lines have beside them follows from their number. */
  private logLines(id: SequenceId, text: Uint8Array, seconds: number): void {
    const lines = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8').split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    if (lines.length === 0) return;
    const base = objectsPath(this.hash, id.contextId, id.name);
    for (const [i, line] of lines.entries()) {
      this.table.add(BLOB_PREFIX + base + encodePath('val', BigInt(i), 'data'), encodeString(line));
    }
    this.log = { id, base, lines: lines.length, seconds };
  }

  /** The records of the terminal log, in order of key: it may have a hundred thousand lines, so they are not kept. */
  private *logRecords({ base, lines, seconds }: TerminalLog): Generator<readonly [Key, Uint8Array]> {
    const time = encodeFloat(seconds);
    const type = encodeObjectType(ROLES.log.typeName);
    for (const column of ['epoch', 'time', 'val'] as const) {
      yield [base + encodePath(column), ARRAY];
      for (let i = 0; i < lines; i++) {
        const path = base + encodePath(column, BigInt(i));
        if (column !== 'val') yield [path, column === 'epoch' ? NONE : time];
        else {
          yield [path, type];
          yield [path + encodePath('data'), BLOB_SENTINEL];
        }
      }
    }
  }

  private object(path: Key, typeName: string, fields: readonly [string, AimValue][], blob: Uint8Array): void {
    const data = path + encodePath('data');
    this.table.add(BLOB_PREFIX + data, blob);
    this.put(path, encodeObjectType(typeName));
    this.put(data, BLOB_SENTINEL);
    for (const [name, value] of fields) putTree(path + encodePath(name), value, this.put);
  }

  /** Makes sure that the sequence and its record at `step` are there; returns the path of the record's value. */
  private step(id: SequenceId, type: SequenceType, step: bigint, seconds: number, list: boolean): Key {
    const base = objectsPath(this.hash, id.contextId, id.name);
    let sequence = this.sequences.get(id.key);
    if (sequence === undefined) {
      sequence = { id, type, steps: [], recordMaxLength: undefined };
      this.sequences.set(id.key, sequence);
      for (const column of ['epoch', 'time', 'val']) this.put(base + encodePath(column), ARRAY);
    }
    const path = base + encodePath('val', step);
    if (sequence.steps.at(-1) === step) return path;
    sequence.steps.push(step);
    this.listLength = 0;
    this.put(base + encodePath('epoch', step), NONE);
    this.put(base + encodePath('time', step), encodeFloat(seconds));
    if (list) this.put(path, ARRAY);
    return path;
  }

  private growList(id: SequenceId): void {
    const sequence = this.sequences.get(id.key)!;
    this.listLength++;
    sequence.recordMaxLength = Math.max(sequence.recordMaxLength ?? 0, this.listLength);
  }

  private readonly put = (key: Key, value: Uint8Array): void => {
    this.records.push({ key, value });
  };
}
