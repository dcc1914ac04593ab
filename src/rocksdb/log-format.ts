import { maskedCrc } from './crc32c.js';

/**
 * RocksDB's log format, used for MANIFEST and WAL files: blocks of 32 KiB that hold records, each with a header of masked
 * CRC32C (4 bytes, over type and payload), length (2) and type (1). A record that does not fit is split into first, middle
 * and last pieces; fewer than 7 bytes left at the end of a block are zeros.
 */
const BLOCK_SIZE = 32_768;
const HEADER_SIZE = 7;

const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;
/** Types 5 to 8 mean the same as 1 to 4, in a reused file; their header also has the log number (4 bytes). */
const RECYCLABLE = 4;

/** A log file with these records. */
export function encodeLog(records: readonly Uint8Array[]): Buffer {
  const pieces: Buffer[] = [];
  let used = 0;
  for (const record of records) {
    let start = 0;
    let begun = false;
    for (let ended = false; !ended; ) {
      const left = BLOCK_SIZE - (used % BLOCK_SIZE);
      if (left < HEADER_SIZE) {
        pieces.push(Buffer.alloc(left));
        used += left;
        continue;
      }
      const end = Math.min(record.length, start + left - HEADER_SIZE);
      ended = end === record.length;
      const piece = encodePiece(pieceType(begun, ended), record.subarray(start, end));
      pieces.push(piece);
      used += piece.length;
      begun = true;
      start = end;
    }
  }
  return Buffer.concat(pieces, used);
}

function pieceType(begun: boolean, ended: boolean): number {
  if (begun) return ended ? LAST : MIDDLE;
  return ended ? FULL : FIRST;
}

function encodePiece(type: number, payload: Uint8Array): Buffer {
  const piece = Buffer.alloc(HEADER_SIZE + payload.length);
  piece.writeUInt16LE(payload.length, 4);
  piece[6] = type;
  piece.set(payload, HEADER_SIZE);
  piece.writeUInt32LE(maskedCrc(piece.subarray(6)), 0);
  return piece;
}

/** A log file is damaged. */
export class DamagedLogError extends Error {}

/** The records of a log file. Throws a {@link DamagedLogError} for a wrong checksum or order of pieces. */
export function decodeLog(bytes: Uint8Array): Buffer[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: Buffer[] = [];
  let pieces: Buffer[] | undefined;
  let at = 0;
  while (at + HEADER_SIZE <= file.length) {
    const left = BLOCK_SIZE - (at % BLOCK_SIZE);
    if (left < HEADER_SIZE) {
      at += left;
      continue;
    }
    const length = file.readUInt16LE(at + 4);
    const rawType = file[at + 6]!;
    if (rawType === 0 && length === 0) break;
    const recyclable = rawType > RECYCLABLE;
    const type = recyclable ? rawType - RECYCLABLE : rawType;
    const start = at + HEADER_SIZE + (recyclable ? 4 : 0);
    const end = start + length;
    if (type < FULL || type > LAST || end > file.length)
      throw new DamagedLogError('A record of the log is cut or of no known type.');
    if (maskedCrc(file.subarray(at + 6, end)) !== file.readUInt32LE(at))
      throw new DamagedLogError('A checksum in the log is wrong.');
    if ((type === FULL || type === FIRST) !== (pieces === undefined))
      throw new DamagedLogError('The pieces of a log record are out of order.');
    pieces = [...(pieces ?? []), file.subarray(start, end)];
    if (type === FULL || type === LAST) {
      records.push(Buffer.concat(pieces));
      pieces = undefined;
    }
    at = end;
  }
  if (pieces !== undefined) throw new DamagedLogError('The last record of the log is cut.');
  return records;
}
