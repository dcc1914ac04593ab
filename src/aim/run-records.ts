import { errorCode } from '../errors.js';
import { BlockCursor } from '../rocksdb/block-cursor.js';
import type { Key } from '../rocksdb/bytes.js';
import { DatabaseReader, type DatabaseRecord } from '../rocksdb/database.js';
import { BLOB_PREFIX } from './encoding.js';
import type { IndexTable } from './index-database.js';
import { CHUNKS, runPath } from './paths.js';
import type { Repository } from './repository.js';

/** Blocks of runs that are kept between the first and the second pass, bytes. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** Receives a record that several runs can share: an attribute, a context, the type of a sequence. */
export type Share = (key: Key, value: Buffer) => void;

/** The records that a run has in the index; undefined for a run that is not in it yet. */
export type Before = Iterator<DatabaseRecord> | undefined;

/**
 * The records of the runs whose index entries are written. Each run is read twice, because shared records sort both before
 * and after those of a single run.
 */
export class RunRecords {
  private readonly withBlobs = new Set<string>();
  private readonly held = new Map<string, readonly Buffer[]>();
  private heldBytes = 0;

  constructor(private readonly repository: Repository) {}

  /** Reads a run for the first time. */
  read(hash: string, share: Share): void {
    this.withRun(hash, (run) => {
      const blocks = run.blocks();
      if (blocks !== undefined && this.readBlocks(hash, blocks, share)) return;
      const blobs = BLOB_PREFIX + runPath(hash);
      for (const { key, value } of run.records()) {
        if (key.startsWith(blobs)) this.withBlobs.add(hash);
        else if (!key.startsWith(CHUNKS)) share(key, value);
      }
    });
  }

  /**
   * The same for a run that is in one table, like all runs that were converted or that Aim has closed; false if a key has
   * more than one entry. Its blocks are kept, as long as there is room, to be copied later.
   */
  private readBlocks(hash: string, blocks: Iterable<Buffer>, share: Share): boolean {
    const blobs = BLOB_PREFIX + runPath(hash);
    const own: Buffer[] = [];
    let bytes = 0;
    for (const block of blocks) {
      const cursor = new BlockCursor(block);
      while (cursor.next()) {
        if (!cursor.isSoleValue) return false;
        if (cursor.startsWith(CHUNKS)) continue;
        if (cursor.startsWith(blobs)) this.withBlobs.add(hash);
        else share(cursor.userKey, cursor.value);
      }
      bytes += block.length;
      if (this.heldBytes + bytes <= MAX_HELD_BYTES) own.push(block);
    }
    if (this.heldBytes + bytes <= MAX_HELD_BYTES) {
      this.held.set(hash, own);
      this.heldBytes += bytes;
    }
    return true;
  }

  /**
   * Adds to a table the records that belong to this run alone, in order of key. `before` are its previous records: those
   * without a successor are deleted.
   */
  addOwn(hash: string, table: IndexTable, before: Before): void {
    const path = runPath(hash);
    const own = this.held.get(hash);
    if (own === undefined || before !== undefined) this.addRecords(hash, path, table, before);
    else for (const block of own) table.addFromBlock(block, path);
  }

  /** The same for the run's blobs. */
  addBlobs(hash: string, table: IndexTable, before: Before): void {
    if (this.withBlobs.has(hash)) this.addRecords(hash, BLOB_PREFIX + runPath(hash), table, before);
    else replace(table, [], before);
  }

  private addRecords(hash: string, prefix: Key, table: IndexTable, before: Before): void {
    this.withRun(hash, (run) => replace(table, run.records(prefix), before));
  }

  private withRun(hash: string, work: (run: DatabaseReader) => void): void {
    const run = this.open(hash);
    try {
      work(run);
    } finally {
      run.close();
    }
  }

  private open(hash: string): DatabaseReader {
    try {
      return new DatabaseReader(this.repository.meta(hash));
    } catch (error) {
      if (errorCode(error) !== undefined) throw error;
      throw new Error(`run ${hash} cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Adds the new records and deletes old ones without a successor; both come in order of key. */
function replace(table: IndexTable, now: Iterable<DatabaseRecord>, old: Before): void {
  let before = old?.next();
  for (const { key, value } of now) {
    while (before !== undefined && !before.done && before.value.key <= key) {
      if (before.value.key < key) table.delete(before.value.key);
      before = old!.next();
    }
    table.add(key, value);
  }
  for (; before !== undefined && !before.done; before = old!.next()) table.delete(before.value.key);
}
