import type { Database } from '../rocksdb/database.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import type { RunReport } from './finding-report.js';
import { BLOBS, behind, decodeKey, describeKey, describePath, encodeKey } from './keys.js';

/**
 * Reports what a run's second database holds besides the sequences that its first one knows. Skips those.
 *
 * @param bases the keys below which known sequences lie
 */
export function checkStrayRecords(
  database: Database,
  hash: string,
  bases: readonly Uint8Array[],
  report: RunReport,
): void {
  const known = new Set(bases.map((base) => Buffer.from(base).toString('latin1')));
  const cursor = database.cursor();
  cursor.seek(new Uint8Array(0));
  while (cursor.valid) {
    const place = placeOf(cursor, hash);
    if (place === undefined) {
      const record = describeKey(cursor.copyKey());
      report.add(isBlob(cursor) ? 'blob-extra' : 'record-unknown', { record });
      cursor.next();
      continue;
    }
    if (!known.has(place.base.toString('latin1'))) {
      report.add(place.isBlob ? 'blob-extra' : 'points-without-sequence', { record: place.name });
    }
    cursor.seek(behind(place.isBlob ? Buffer.concat([BLOBS, place.base]) : place.base));
  }
}

interface Place {
  readonly base: Buffer;
  readonly isBlob: boolean;
  readonly name: string;
}

/** The sequence that a record belongs to by its key. */
function placeOf(cursor: DatabaseCursor, hash: string): Place | undefined {
  const start = isBlob(cursor) ? BLOBS.length : 0;
  const path = decodeKey(cursor.key, start, cursor.keyLength);
  if (path === undefined) return undefined;
  const at = path[1] === 'v2' ? 2 : 1;
  const [seqs, chunks, run, contextId, name] = [path[0], path[at], path[at + 1], path[at + 2], path[at + 3]];
  const isSequence = typeof contextId === 'bigint' && typeof name === 'string';
  if (seqs !== 'seqs' || chunks !== 'chunks' || run !== hash || !isSequence) return undefined;
  return { base: encodeKey(...path.slice(0, at + 4)), isBlob: start > 0, name: describePath([contextId, name]) };
}

function isBlob(cursor: DatabaseCursor): boolean {
  return cursor.startsWith(BLOBS);
}
