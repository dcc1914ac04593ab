import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeFiles } from '../rocksdb/compaction.js';
import { currentManifest, DatabaseReader, readVersion, tableName } from '../rocksdb/database.js';
import { DatabaseWriter } from '../rocksdb/database-writer.js';
import { decodeManifest, type Version } from '../rocksdb/manifest.js';
import type { TableWriter } from '../rocksdb/table-writer.js';
import { syncPathSync } from './durability.js';

/** Takes the entries of one new table, in ascending order of key. */
export type IndexTable = Pick<TableWriter, 'add' | 'addFromBlock' | 'delete'>;

/** More files than this at level 0 are merged; RocksDB, as Aim sets it up, does so from then on, too. */
const MANY_FILES = 8;

/**
 * A RocksDB database that grows by whole tables: each {@link append} writes one more file at level 0 and a new MANIFEST,
 * and publishes both by the rename of CURRENT (docs/aim-repo-format.md §2.3).
 */
export class IndexDatabase {
  private constructor(
    private readonly directory: string,
    private reader: DatabaseReader | undefined,
  ) {}

  static exists(directory: string): boolean {
    return currentManifest(directory) !== undefined;
  }

  /** Whether {@link mergeIfMany} has something to do. */
  static hasManyFiles(directory: string): boolean {
    return isMany(readVersion(directory));
  }

  static open(directory: string): IndexDatabase {
    mkdirSync(directory, { recursive: true });
    return new IndexDatabase(directory, IndexDatabase.exists(directory) ? new DatabaseReader(directory) : undefined);
  }

  /** Adds a table of what `write` puts into it; `write` also gets the state before. Nothing happens if that is nothing. */
  append(write: (table: IndexTable, old: DatabaseReader | undefined) => void): void {
    const writer = this.writer();
    const table = writer.table(0);
    try {
      write(table, this.reader);
    } catch (error) {
      discard(writer);
      throw error;
    }
    if (table.isEmpty) {
      discard(writer);
      return;
    }
    writer.close(table);
    this.publish(writer);
  }

  /**
   * Merges tables, if more than `limit` are at level 0. Those that this makes obsolete are removed at once; with `later`,
   * when the index has been written twice more, so that nobody who is opening it misses one.
   */
  mergeIfMany(limit = MANY_FILES, later = false): void {
    if (this.reader === undefined) return;
    const { version } = this.reader;
    const writer = this.writer();
    try {
      if (!mergeFiles(this.reader, writer, { limit })) return;
    } catch (error) {
      discard(writer);
      throw error;
    }
    this.publish(writer);
    if (!later) this.removeTables(version, this.reader.version);
  }

  close(): void {
    this.reader?.close();
    this.reader = undefined;
  }

  private writer(): DatabaseWriter {
    const { reader, directory } = this;
    return reader === undefined ? new DatabaseWriter(directory) : DatabaseWriter.addTo(directory, reader.version);
  }

  private publish(writer: DatabaseWriter): void {
    const { directory } = this;
    for (const { number } of writer.tables) syncPathSync(join(directory, tableName(number)));
    const previous = currentManifest(directory);
    const manifest = writer.finishManifest();
    syncPathSync(join(directory, manifest));
    const current = join(directory, 'CURRENT');
    writeFileSync(`${current}.tmp`, `${manifest}\n`);
    syncPathSync(`${current}.tmp`);
    renameSync(`${current}.tmp`, current);
    syncPathSync(directory);
    const before = this.reader?.version;
    this.close();
    this.reader = new DatabaseReader(directory);
    // A reader may just have read the previous name from CURRENT; older ones nobody needs, nor what only they refer to.
    for (const name of readdirSync(directory)) {
      if (!name.startsWith('MANIFEST-') || name === manifest || name === previous) continue;
      this.removeTables(versionOf(join(directory, name)), before, this.reader.version);
      rmSync(join(directory, name));
    }
  }

  /** Removes the tables of a state that are in none of the others. Files of no state may be such as Aim is just writing. */
  private removeTables(state: Version | undefined, ...others: readonly (Version | undefined)[]): void {
    const live = new Set(others.flatMap((other) => other?.files.map(({ number }) => number) ?? []));
    for (const { number } of state?.files ?? []) {
      if (!live.has(number)) rmSync(join(this.directory, tableName(number)), { force: true });
    }
  }
}

/** Leaves nothing of what was begun. */
function discard(writer: DatabaseWriter): void {
  for (const path of writer.abandon()) rmSync(path, { force: true });
}

/** The state that a MANIFEST tells of, if it can be understood. */
function versionOf(file: string): Version | undefined {
  try {
    return decodeManifest(readFileSync(file));
  } catch {
    return undefined;
  }
}

function isMany({ files }: Version): boolean {
  return files.filter((file) => file.level === 0).length > MANY_FILES;
}
