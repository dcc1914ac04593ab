import { compareBytes } from '../rocksdb/bytes.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';

/** A record that two databases do not have alike; undefined where it is missing. */
export interface RecordDifference {
  readonly key: Uint8Array;
  readonly own: Uint8Array | undefined;
  readonly other: Uint8Array | undefined;
}

/** Walks the records below `prefix` in two databases in step. Both cursors are at the first of them, or behind. */
export function* compareRecords(
  own: DatabaseCursor,
  other: DatabaseCursor,
  prefix: Uint8Array,
): Generator<RecordDifference> {
  for (;;) {
    const hasOwn = own.valid && own.startsWith(prefix);
    const hasOther = other.valid && other.startsWith(prefix);
    if (!hasOwn && !hasOther) return;
    const order = !hasOwn ? 1 : !hasOther ? -1 : compareBytes(own.key, own.keyLength, other.key, other.keyLength);
    if (order < 0) yield { key: own.copyKey(), own: own.copyValue(), other: undefined };
    else if (order > 0) yield { key: other.copyKey(), own: undefined, other: other.copyValue() };
    else if (!sameValue(own, other)) yield { key: own.copyKey(), own: own.copyValue(), other: other.copyValue() };
    if (order <= 0) own.next();
    if (order >= 0) other.next();
  }
}

function sameValue(a: DatabaseCursor, b: DatabaseCursor): boolean {
  const length = a.valueEnd - a.valueStart;
  if (length !== b.valueEnd - b.valueStart) return false;
  for (let i = 0; i < length; i++) if (a.value[a.valueStart + i] !== b.value[b.valueStart + i]) return false;
  return true;
}
