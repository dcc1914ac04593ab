import { ByteReader, EntryType, MalformedBytesError } from './bytes.js';
import { damaged, unsupported } from './damage.js';
import { logRecords } from './log-file.js';
import type { MemoryEntry } from './memory-cursor.js';
import type { RangeTombstone } from './range-tombstones.js';

/** Records of a write batch (db/dbformat.h); those with `family` are followed by a column family's number. */
const RecordType = {
  deletion: 0,
  value: 1,
  logData: 3,
  familyDeletion: 4,
  familyValue: 5,
  singleDeletion: 7,
  familySingleDeletion: 8,
  noop: 13,
  familyRangeDeletion: 14,
  rangeDeletion: 15,
} as const;

/** What write-ahead logs hold that no table has yet. */
export interface LoggedWrites {
  readonly entries: MemoryEntry[];
  readonly tombstones: RangeTombstone[];
}

/**
 * Adds what a write-ahead log says. Keys and values are parts of `bytes`.
 *
 * @param number the log's number, as in its name
 */
export function readWriteAheadLog(bytes: Uint8Array, name: string, number: number, into: LoggedWrites): void {
  for (const batch of logRecords(bytes, name, number)) {
    try {
      readBatch(new ByteReader(batch), name, into);
    } catch (error) {
      if (error instanceof MalformedBytesError) throw damaged(name, `is damaged: ${error.message}`);
      throw error;
    }
  }
}

function readBatch(batch: ByteReader, name: string, { entries, tombstones }: LoggedWrites): void {
  let sequence = batch.fixed64();
  const end = sequence + batch.fixed32();
  while (!batch.atEnd) {
    const type = batch.byte();
    if (isOfFamily(type) && batch.varint() !== 0) throw unsupported(name, 'has more than one column family');
    switch (type) {
      case RecordType.value:
      case RecordType.familyValue: {
        const key = batch.prefixed();
        entries.push({ key, sequence, type: EntryType.value, value: batch.prefixed() });
        break;
      }
      case RecordType.deletion:
      case RecordType.familyDeletion:
      case RecordType.singleDeletion:
      case RecordType.familySingleDeletion:
        entries.push({ key: batch.prefixed(), sequence, type: EntryType.deletion, value: NOTHING });
        break;
      case RecordType.rangeDeletion:
      case RecordType.familyRangeDeletion: {
        const start = batch.prefixed();
        tombstones.push({ start, end: batch.prefixed(), sequence });
        break;
      }
      case RecordType.logData:
        batch.prefixed();
        continue;
      case RecordType.noop:
        continue;
      default:
        throw unsupported(name, `has a record of type ${type}`);
    }
    sequence++;
  }
  if (sequence !== end) throw new MalformedBytesError('a write batch has more or fewer records than it says');
}

const NOTHING = new Uint8Array(0);

function isOfFamily(type: number): boolean {
  return (
    type === RecordType.familyValue ||
    type === RecordType.familyDeletion ||
    type === RecordType.familySingleDeletion ||
    type === RecordType.familyRangeDeletion
  );
}
