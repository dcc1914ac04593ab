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
import { ObjectRecords, type WrittenSequence } from './object-records.js';
import { objectsPath } from './paths.js';
import { type SequenceId, sequenceId } from './sequence.js';
import { putTree } from './tree.js';
import type { AimDict, AimValue } from './value.js';

type Artifact = Extract<ArtifactRecord, { type: 'artifact' }>;

interface TerminalLog {
  readonly id: SequenceId;
  readonly base: Key;
  readonly lines: number;
  readonly seconds: number;
}

/** How the objects of each role are represented in Aim. */
export const OBJECT_ROLES = {
  image: { typeName: 'aim.image', catalogue: 'images', context: new Map([['type', 'image']]) },
  audio: { typeName: 'aim.audio', catalogue: 'audios', context: new Map([['type', 'audio']]) },
  text: { typeName: 'aim.text', catalogue: 'texts', context: new Map([['type', 'text']]) },
  table: { typeName: 'aim.text', catalogue: 'texts', context: new Map([['type', 'table']]) },
  figure: { typeName: 'aim.figure', catalogue: 'figures', context: new Map([['type', 'figure']]) },
  log: { typeName: 'aim.log_line', catalogue: 'sequence', context: new Map() },
} as const satisfies Record<string, { typeName: string; catalogue: SequenceType['catalogue']; context: AimDict }>;

/** What Aim's SDK writes beside the text of a figure. Its file does not say which plotly.py made it. */
const FIGURE_FIELDS: readonly [string, AimValue][] = [
  ['format', 'raw_json'],
  ['source', 'plotly'],
  ['version', 'unknown'],
];

/** The Aim sequence that a place belongs to. */
export function placeSequence(place: ArtifactPlace): SequenceId {
  return sequenceId(place.sequence, OBJECT_ROLES[place.role].context);
}

/**
 * Sorts the places of a run into the order in which their blobs are stored. If one record of a sequence must be a list, all
 * of its records become lists: all values of an Aim sequence have one type.
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

function typeOf({ role, grouped }: ArtifactPlace): SequenceType {
  const { typeName, catalogue } = OBJECT_ROLES[role];
  return { dtype: grouped ? `list(${typeName})` : typeName, catalogue };
}

function logSequence({ id, lines }: TerminalLog): WrittenSequence {
  const { typeName: dtype, catalogue } = OBJECT_ROLES.log;
  const steps = Array.from({ length: lines }, (_, i) => BigInt(i));
  return { id, type: { dtype, catalogue }, steps, recordMaxLength: undefined };
}

/**
 * Writes the objects of a run: images, texts, audio and messages. Artifacts come in the order of {@link arrangePlaces};
 * their bytes go to disk at once, and only the small records that describe them are kept until {@link finish}.
 */
export class ObjectsWriter {
  private readonly records: ObjectRecords;
  private log: TerminalLog | undefined;

  /** `table` receives everything; what was added to it before sorts first. */
  constructor(
    database: DatabaseWriter,
    private readonly hash: string,
    private readonly table = new RollingTable(database),
  ) {
    this.records = new ObjectRecords(hash);
  }

  /** An artifact that is already in Aim, and is not the terminal log: it is only counted. */
  keep(place: ArtifactPlace): void {
    this.records.keep(placeSequence(place), typeOf(place), place.step, place.grouped);
  }

  artifact({ place, bytes, image }: Artifact, time: number): void {
    const id = placeSequence(place);
    const seconds = place.timestamp === undefined ? time : place.timestamp / 1000;
    if (place.role === 'log') {
      this.logLines(id, bytes, seconds);
      return;
    }
    const { typeName } = OBJECT_ROLES[place.role];
    const path = this.records.step(id, typeOf(place), place.step, seconds, place.grouped);
    const item = place.grouped ? path + encodePath(BigInt(this.records.extendList(id))) : path;
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
      case 'figure':
        this.object(item, typeName, FIGURE_FIELDS, encodeUtf8(bytes));
        return;
      case 'text':
      case 'table':
        this.object(item, typeName, [], encodeUtf8(bytes));
    }
  }

  /** A message of the run (Messages tab); `source` is the name that Aim groups messages by. */
  message(message: string, args: AimDict, source: string, seconds: number): void {
    this.records.message(message, args, source, seconds);
  }

  /** Writes the records that describe the objects; returns the sequences. */
  finish(): readonly WrittenSequence[] {
    const { log } = this;
    this.describe(log?.base ?? '', () => {
      if (log !== undefined) for (const [key, value] of this.logRecords(log)) this.table.add(key, value);
    });
    this.table.finish();
    return [...this.records.sequences, ...(log === undefined ? [] : [logSequence(log)])];
  }

  /**
   * Writes the records that describe the objects, with whatever `others` adds at the place where keys begin with `base`;
   * returns the sequences, without the terminal log.
   */
  describe(base: Key, others: () => void): readonly WrittenSequence[] {
    const records = this.records.sorted();
    const behind = records.findIndex(({ key }) => key > base);
    const cut = behind < 0 ? records.length : behind;
    for (const { key, value } of records.slice(0, cut)) this.table.add(key, value);
    others();
    for (const { key, value } of records.slice(cut)) this.table.add(key, value);
    return this.records.sequences;
  }

  /** Writes the blobs of the terminal log; everything else about its lines follows from their number. */
  private logLines(id: SequenceId, text: Uint8Array, seconds: number): void {
    const html = asHtml(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8'));
    const lines = html.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    if (lines.length === 0) return;
    const base = objectsPath(this.hash, id.contextId, id.name);
    for (const [i, line] of lines.entries()) {
      this.table.add(BLOB_PREFIX + base + encodePath('val', BigInt(i), 'data'), encodeString(line));
    }
    this.log = { id, base, lines: lines.length, seconds };
  }

  /**
   * The records of the terminal log, in order of key. They are generated, not kept: there may be a hundred thousand lines.
   */
  private *logRecords({ base, lines, seconds }: TerminalLog): Generator<readonly [Key, Uint8Array]> {
    const time = encodeFloat(seconds);
    const type = encodeObjectType(OBJECT_ROLES.log.typeName);
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
    this.records.put(path, encodeObjectType(typeName));
    this.records.put(data, BLOB_SENTINEL);
    for (const [name, value] of fields) putTree(path + encodePath(name), value, this.records.put);
  }
}

/** Aim's Logs tab treats a line as HTML, and looks for terminal codes in it. */
function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
