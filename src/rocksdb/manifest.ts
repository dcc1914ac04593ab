import { ByteReader, type Key, keyBytes, keyOf, lengthPrefixed, varint } from './bytes.js';
import { decodeLog, encodeLog } from './log-format.js';

/** A live table file of a database. Keys are internal keys: the user's key and 8 bytes of sequence number and type. */
export interface TableFile {
  readonly number: number;
  readonly level: number;
  /** Bytes. */
  readonly size: number;
  readonly smallest: Key;
  readonly largest: Key;
  readonly smallestSequence: number;
  readonly largestSequence: number;
}

/** The state that a MANIFEST describes after all its edits. */
export interface Version {
  readonly logNumber: number;
  /** Greater than the number of every file in use. */
  readonly nextFileNumber: number;
  readonly lastSequence: number;
  readonly files: readonly TableFile[];
  /**
   * The numbers of the files that mlflow2aim has written, and may therefore remove; absent if another program wrote the
   * MANIFEST.
   */
  readonly ours?: readonly number[];
}

const COMPARATOR = 'leveldb.BytewiseComparator';

const TAG = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLogNumber: 9,
  minLogNumberToKeep: 10,
  newFileWithSequences: 100,
  newFileCustom: 103,
  columnFamily: 200,
  columnFamilyAdd: 201,
  maxColumnFamily: 203,
  /** From here on, an unknown tag and the string after it may be skipped. */
  ignorable: 8192,
  /** Ours: {@link OURS} and the numbers of the files that we have written. RocksDB skips it. */
  ours: 8192 + 4242,
} as const;

const OURS = 'mlflow2aim';

/** A MANIFEST of one edit that lists every live file. */
export function encodeManifest(version: Version): Buffer {
  const fields = [
    varint(TAG.comparator),
    lengthPrefixed(Buffer.from(COMPARATOR)),
    varint(TAG.logNumber),
    varint(version.logNumber),
    varint(TAG.nextFileNumber),
    varint(version.nextFileNumber),
    varint(TAG.lastSequence),
    varint(version.lastSequence),
  ];
  for (const file of version.files) {
    fields.push(
      varint(TAG.newFileWithSequences),
      varint(file.level),
      varint(file.number),
      varint(file.size),
      lengthPrefixed(keyBytes(file.smallest)),
      lengthPrefixed(keyBytes(file.largest)),
      varint(file.smallestSequence),
      varint(file.largestSequence),
    );
  }
  if (version.ours !== undefined) {
    const numbers = Buffer.concat(version.ours.map(varint));
    fields.push(varint(TAG.ours), lengthPrefixed(Buffer.concat([Buffer.from(OURS), numbers])));
  }
  return encodeLog([Buffer.concat(fields)]);
}

/**
 * Applies the edits of a MANIFEST in order. Throws an Error for anything that this reader does not understand: another
 * comparator, a second column family, an unknown tag.
 */
export function decodeManifest(bytes: Uint8Array): Version {
  const state = new ManifestState();
  for (const record of decodeLog(bytes)) {
    const edit = new ByteReader(record);
    while (!edit.done) state.apply(edit.varint(), edit);
  }
  return state.version();
}

class ManifestState {
  private logNumber = 0;
  private nextFileNumber = 0;
  private lastSequence = 0;
  private readonly files = new Map<number, TableFile>();
  private ours: readonly number[] | undefined;

  version(): Version {
    const files = [...this.files.values()];
    const { logNumber, nextFileNumber, lastSequence, ours } = this;
    return { logNumber, nextFileNumber, lastSequence, files, ...(ours !== undefined && { ours }) };
  }

  apply(tag: number, edit: ByteReader): void {
    switch (tag) {
      case TAG.comparator: {
        const name = keyOf(edit.lengthPrefixed());
        if (name !== COMPARATOR) throw new Error(`The database sorts by ${name}.`);
        return;
      }
      case TAG.logNumber:
        this.logNumber = edit.varint();
        return;
      case TAG.nextFileNumber:
        this.nextFileNumber = edit.varint();
        return;
      case TAG.lastSequence:
        this.lastSequence = edit.varint();
        return;
      case TAG.compactPointer:
        edit.varint();
        edit.lengthPrefixed();
        return;
      case TAG.deletedFile:
        edit.varint();
        this.files.delete(edit.varint());
        return;
      case TAG.newFile:
      case TAG.newFileWithSequences:
      case TAG.newFileCustom:
        this.add(readNewFile(tag, edit));
        return;
      case TAG.previousLogNumber:
      case TAG.minLogNumberToKeep:
      case TAG.maxColumnFamily:
        edit.varint();
        return;
      case TAG.columnFamily:
        if (edit.varint() !== 0) throw new Error('The database has a second column family.');
        return;
      case TAG.columnFamilyAdd:
        throw new Error('The database has a second column family.');
      case TAG.ours:
        this.ours = readOurs(edit.lengthPrefixed());
        return;
      default:
        if (tag < TAG.ignorable) throw new Error(`The MANIFEST has an unknown tag ${tag}.`);
        edit.lengthPrefixed();
    }
  }

  private add(file: TableFile): void {
    this.files.set(file.number, file);
  }
}

/** Undefined if somebody else uses the same tag. */
function readOurs(field: Uint8Array): number[] | undefined {
  const name = Buffer.from(OURS);
  if (!name.equals(field.subarray(0, name.length))) return undefined;
  const reader = new ByteReader(Buffer.from(field.subarray(name.length)));
  const numbers: number[] = [];
  while (!reader.done) numbers.push(reader.varint());
  return numbers;
}

function readNewFile(tag: number, edit: ByteReader): TableFile {
  const level = edit.varint();
  const number = edit.varint();
  const size = edit.varint();
  const smallest = keyOf(edit.lengthPrefixed());
  const largest = keyOf(edit.lengthPrefixed());
  let smallestSequence = 0;
  let largestSequence = 0;
  if (tag !== TAG.newFile) {
    smallestSequence = edit.varint();
    largestSequence = edit.varint();
  }
  if (tag === TAG.newFileCustom) {
    while (edit.varint() !== 1) edit.lengthPrefixed();
  }
  return { number, level, size, smallest, largest, smallestSequence, largestSequence };
}
