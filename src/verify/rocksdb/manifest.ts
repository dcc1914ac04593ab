import { ByteReader, KEY_TRAILER, MalformedBytesError } from './bytes.js';
import { damaged, unsupported } from './damage.js';
import { logRecords } from './log-file.js';

/** A table that belongs to a database. Bounds are internal keys. */
export interface LiveTable {
  readonly number: number;
  readonly level: number;
  /** Bytes. */
  readonly size: number;
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
}

/** The state of a database after all edits in its MANIFEST. */
export interface LiveState {
  readonly tables: readonly LiveTable[];
  /** Write-ahead logs with a lower number have been flushed into tables. */
  readonly logNumber: number;
}

/** Tags of a version edit (db/version_edit.h). */
const Tag = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactCursor: 5,
  deletedFile: 6,
  newFile: 7,
  previousLogNumber: 9,
  minLogNumberToKeep: 10,
  newFileWithSequences: 100,
  newFileCustom: 103,
  columnFamily: 200,
  columnFamilyAdd: 201,
  maxColumnFamily: 203,
  inAtomicGroup: 300,
} as const;

/** Tags from here on may be passed over with the string that follows (kTagSafeIgnoreMask). */
const FIRST_IGNORABLE = 1 << 13;

/** The custom field that ends a list of them, and those from which on RocksDB refuses what it does not know. */
const LAST_CUSTOM_FIELD = 1;
const FIRST_CUSTOM_FIELD_THAT_COUNTS = 1 << 6;

const COMPARATOR = 'leveldb.BytewiseComparator';

/** Applies all edits of a MANIFEST. */
export function readManifest(bytes: Uint8Array, name: string): LiveState {
  const state = new ManifestReader(name);
  for (const record of logRecords(bytes, name)) {
    try {
      state.apply(new ByteReader(record));
    } catch (error) {
      if (error instanceof MalformedBytesError) throw damaged(name, `is damaged: ${error.message}`);
      throw error;
    }
  }
  return state.finish();
}

class ManifestReader {
  private readonly tables = new Map<number, LiveTable>();
  private comparator: string | undefined;
  private logNumber = 0;
  private nextFileNumber: number | undefined;
  private lastSequence: number | undefined;

  constructor(private readonly name: string) {}

  apply(edit: ByteReader): void {
    while (!edit.atEnd) this.field(edit.varint(), edit);
  }

  finish(): LiveState {
    const { comparator, nextFileNumber, lastSequence, logNumber } = this;
    if (comparator === undefined || nextFileNumber === undefined || lastSequence === undefined) {
      throw damaged(this.name, 'is damaged: it ends before it says which tables there are');
    }
    for (const { number } of this.tables.values()) {
      if (number >= nextFileNumber)
        throw damaged(this.name, `is damaged: it names table ${number}, which is yet to come`);
    }
    const tables = [...this.tables.values()].sort((a, b) => a.level - b.level || b.number - a.number);
    return { tables, logNumber };
  }

  private field(tag: number, edit: ByteReader): void {
    switch (tag) {
      case Tag.comparator:
        this.comparator = latin1(edit.prefixed());
        if (this.comparator !== COMPARATOR) throw unsupported(this.name, `sorts keys by ${this.comparator}`);
        break;
      case Tag.logNumber:
        this.logNumber = edit.varint();
        break;
      case Tag.nextFileNumber:
        this.nextFileNumber = edit.varint();
        break;
      case Tag.lastSequence:
        this.lastSequence = edit.varint();
        break;
      case Tag.deletedFile:
        edit.varint();
        this.tables.delete(edit.varint());
        break;
      case Tag.newFile:
      case Tag.newFileWithSequences:
      case Tag.newFileCustom:
        this.newTable(tag, edit);
        break;
      default:
        this.passOver(tag, edit);
    }
  }

  private newTable(tag: number, edit: ByteReader): void {
    const level = edit.varint();
    const number = edit.varint();
    const size = edit.varint();
    const smallest = this.bound(edit);
    const largest = this.bound(edit);
    if (tag !== Tag.newFile) {
      edit.varint();
      edit.varint();
    }
    if (tag === Tag.newFileCustom) this.customFields(edit);
    this.tables.set(number, { level, number, size, smallest, largest });
  }

  private bound(edit: ByteReader): Uint8Array {
    const key = edit.prefixed();
    if (key.length < KEY_TRAILER) throw new MalformedBytesError('a key of a table is too short');
    return key;
  }

  private customFields(edit: ByteReader): void {
    for (let field = edit.varint(); field !== LAST_CUSTOM_FIELD; field = edit.varint()) {
      edit.prefixed();
      if (field >= FIRST_CUSTOM_FIELD_THAT_COUNTS) throw unsupported(this.name, `describes a table by field ${field}`);
    }
  }

  private passOver(tag: number, edit: ByteReader): void {
    switch (tag) {
      case Tag.compactCursor:
        edit.varint();
        edit.prefixed();
        break;
      case Tag.previousLogNumber:
      case Tag.minLogNumberToKeep:
      case Tag.maxColumnFamily:
      case Tag.inAtomicGroup:
        edit.varint();
        break;
      case Tag.columnFamily:
        if (edit.varint() !== 0) throw unsupported(this.name, 'has more than one column family');
        break;
      case Tag.columnFamilyAdd:
        edit.prefixed();
        break;
      default:
        if (tag < FIRST_IGNORABLE) throw unsupported(this.name, `has an edit with the unknown tag ${tag}`);
        edit.prefixed();
    }
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
