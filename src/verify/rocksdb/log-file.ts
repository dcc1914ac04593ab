import { matchesCrc } from './checksum.js';
import { damaged } from './damage.js';

/** Log files are cut into blocks of this length; no record's header crosses the end of one. */
const BLOCK = 32_768;
const HEADER = 7;
/** A header that names its log, which tells a reused file's old records from new ones. */
const REUSED_HEADER = 11;

const FULL = 1;
const FIRST = 2;
// 3 is one in the middle
const LAST = 4;
/** Types 5 to 8 are 1 to 4 with the longer header. */
const LAST_REUSED = 8;

interface Fragment {
  readonly type: number;
  readonly payload: Uint8Array;
  readonly end: number;
}

/**
 * The records of a file in RocksDB's log format, which MANIFESTs and write-ahead logs have (db/log_format.h). A file whose
 * last record was not written to its end, because the writer was killed or is just writing, ends before that record. A
 * record that is broken while others follow it is damage.
 *
 * @param name the file, for messages
 * @param number the number of a write-ahead log
 */
export function* logRecords(bytes: Uint8Array, name: string, number?: number): Generator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  for (let position = 0; position < bytes.length; ) {
    const left = BLOCK - (position % BLOCK);
    if (left < HEADER) {
      position += left;
      continue;
    }
    const fragment = readFragment(bytes, position, number);
    if (fragment === undefined) {
      if (isTornTail(bytes, position, number)) return;
      throw damaged(name, `is damaged: the record at byte ${position} does not match its checksum`);
    }
    const { type, payload, end } = fragment;
    if ((type === FULL || type === FIRST) !== (pieces.length === 0)) {
      throw damaged(name, `is damaged: a part of a record is missing before byte ${position}`);
    }
    pieces.push(payload);
    if (type === FULL || type === LAST) {
      yield pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      pieces = [];
    }
    position = end;
  }
}

/** Undefined where no sound fragment lies. */
function readFragment(bytes: Uint8Array, position: number, number: number | undefined): Fragment | undefined {
  if (position + HEADER > bytes.length) return undefined;
  const stored = word(bytes, position);
  const length = bytes[position + 4]! | (bytes[position + 5]! << 8);
  const type = bytes[position + 6]!;
  const header = type > LAST ? REUSED_HEADER : HEADER;
  const end = position + header + length;
  if (type < FULL || type > LAST_REUSED || end > bytes.length || (position % BLOCK) + header + length > BLOCK) {
    return undefined;
  }
  if (!matchesCrc(bytes.subarray(position + HEADER - 1, end), stored)) return undefined;
  if (header === REUSED_HEADER && number !== undefined && word(bytes, position + HEADER) !== number) return undefined;
  return { type: type > LAST ? type - LAST : type, payload: bytes.subarray(position + header, end), end };
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/**
 * Whether what lies at `position` can be a record that was being written: it reaches beyond the end of the file and no
 * other record follows, or nothing but zeros does (space that was reserved).
 */
function isTornTail(bytes: Uint8Array, position: number, number: number | undefined): boolean {
  if (position + HEADER > bytes.length) return true;
  const length = bytes[position + 4]! | (bytes[position + 5]! << 8);
  const header = bytes[position + 6]! > LAST ? REUSED_HEADER : HEADER;
  if (position + header + length > bytes.length) return !isFollowed(bytes, position, number);
  for (let i = position; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Whether a sound record begins behind `position`: anywhere in the block, or where a later block begins. */
function isFollowed(bytes: Uint8Array, position: number, number: number | undefined): boolean {
  const nextBlock = position - (position % BLOCK) + BLOCK;
  for (let i = position + 1; i < Math.min(nextBlock, bytes.length); i++) {
    if (readFragment(bytes, i, number) !== undefined) return true;
  }
  for (let i = nextBlock; i < bytes.length; i += BLOCK) if (readFragment(bytes, i, number) !== undefined) return true;
  return false;
}
