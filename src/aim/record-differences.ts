import type { Key } from '../rocksdb/bytes.js';
import type { DatabaseRecord } from '../rocksdb/database.js';

/** A record in its new state. */
export type Entry = readonly [Key, Uint8Array];

/** Receives entries in ascending order of key. */
export interface EntrySink {
  add(key: Key, value: Uint8Array): void;
  delete(key: Key): void;
}

export interface DifferenceRules {
  /** Whether an old record without a successor is deleted. */
  readonly isOwned: (key: Key) => boolean;
  /** Called with each old record whose value changes. */
  readonly replaced?: (key: Key) => void;
}

/**
 * Adds what turns the `old` records into those of `now`: new and changed values, and deletions. Both come in ascending order
 * of key and are read once, in step.
 */
export function writeDifferences(
  sink: EntrySink,
  now: Iterable<Entry>,
  old: Iterator<DatabaseRecord>,
  { isOwned, replaced }: DifferenceRules,
): void {
  let before = old.next();
  const dropOld = (key: Key) => {
    if (isOwned(key)) sink.delete(key);
  };
  for (const [key, value] of now) {
    for (; !before.done && before.value.key < key; before = old.next()) dropOld(before.value.key);
    if (before.done || before.value.key !== key) {
      sink.add(key, value);
      continue;
    }
    if (!before.value.value.equals(value)) {
      replaced?.(key);
      sink.add(key, value);
    }
    before = old.next();
  }
  for (; !before.done; before = old.next()) dropOld(before.value.key);
}
