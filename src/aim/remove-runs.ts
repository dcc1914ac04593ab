import { rmSync } from 'node:fs';
import type { DatabaseReader } from '../rocksdb/database.js';
import { BLOB_PREFIX, encodePath } from './encoding.js';
import { IndexDatabase, type IndexTable } from './index-database.js';
import { INDEX_CACHE, runPath } from './paths.js';
import type { Repository } from './repository.js';
import { indexPlace, inKeyOrder, isHeld } from './run-index.js';
import type { RunMetadata } from './run-metadata.js';

/**
 * Removes runs as Aim's own delete does: first their rows, then their databases. Also removes their index entries, which Aim
 * leaves behind. Whatever is already gone is skipped, so an interrupted removal can be repeated. While Aim holds the index,
 * or if it cannot be read, the entries stay: without a row nothing shows them.
 */
export function removeRuns(repository: Repository, metadata: RunMetadata, hashes: readonly string[]): void {
  metadata.transaction(() => {
    for (const hash of hashes) metadata.remove(hash);
  });
  for (const directory of hashes.flatMap((hash) => [repository.meta(hash), repository.seqs(hash)])) {
    rmSync(directory, { recursive: true, force: true });
  }
  removeFromIndex(repository, inKeyOrder(hashes));
}

function removeFromIndex(repository: Repository, hashes: readonly string[]): void {
  const { index } = repository;
  try {
    if (!IndexDatabase.exists(index) || isHeld(index)) return;
    const database = IndexDatabase.open(index, indexPlace(repository));
    try {
      database.append((table, old) => {
        if (old !== undefined) deleteEntries(table, old, hashes);
      });
    } finally {
      database.close();
    }
  } catch {
    // derived data: Aim's own reindexing repairs it
  }
}

/** The prefixes in ascending order, as a table requires. */
function deleteEntries(table: IndexTable, old: DatabaseReader, hashes: readonly string[]): void {
  const prefixes = [
    ...hashes.map((hash) => BLOB_PREFIX + runPath(hash)),
    ...hashes.map((hash) => INDEX_CACHE + encodePath(hash)),
    ...hashes.map((hash) => runPath(hash)),
  ];
  for (const prefix of prefixes) for (const { key } of old.records(prefix)) table.delete(key);
}
