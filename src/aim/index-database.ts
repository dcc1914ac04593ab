import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mergeFiles } from '../rocksdb/compaction.js';
import { damageOf } from '../rocksdb/damage.js';
import { currentManifest, DatabaseReader, readVersion, tableName } from '../rocksdb/database.js';
import { DatabaseWriter } from '../rocksdb/database-writer.js';
import { decodeManifest, type Version } from '../rocksdb/manifest.js';
import type { TableWriter } from '../rocksdb/table-writer.js';
import { syncPathSync } from './durability.js';
import { databaseFingerprint } from './run-files.js';

/** Receives the entries of a new table, in ascending order of key. */
export type IndexTable = Pick<TableWriter, 'add' | 'addFromBlock' | 'delete'>;

/** More files than this at level 0 are merged; RocksDB, with Aim's settings, does the same. */
const MANY_FILES = 8;

/** How a database that Aim also writes can be changed safely. */
export interface IndexPlace {
  /** A directory on the same file system that nobody else uses: new files are created there and then moved. */
  readonly staging: string;
  /** Whether Aim is writing the database right now, as far as can be seen. */
  readonly isHeld: () => boolean;
}

/**
 * A RocksDB database that grows by whole tables: each {@link append} writes one more file at level 0 and a new MANIFEST, and
 * makes both visible by renaming CURRENT (docs/aim-repo-format.md §2.3).
 */
export class IndexDatabase {
  private constructor(
    private readonly directory: string,
    private readonly place: IndexPlace,
    /** The {@link databaseFingerprint} from before the reader was opened. */
    private fingerprint: string | undefined,
    private reader: DatabaseReader | undefined,
  ) {}

  static exists(directory: string): boolean {
    return currentManifest(directory) !== undefined;
  }

  /** Whether {@link mergeIfMany} has anything to do. */
  static hasManyFiles(directory: string): boolean {
    return isMany(readVersion(directory));
  }

  static open(directory: string, place: IndexPlace): IndexDatabase {
    if (mkdirSync(directory, { recursive: true }) !== undefined) syncPathSync(dirname(directory));
    const fingerprint = databaseFingerprint(directory);
    return new IndexDatabase(
      directory,
      place,
      fingerprint,
      fingerprint === undefined ? undefined : new DatabaseReader(directory),
    );
  }

  /**
   * Adds a table with what `write` puts into it; `write` also gets the previous state. If `write` adds nothing, no table is
   * made. Throws {@link IndexHeldError} when Aim has started to write.
   */
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
   * Merges tables if more than `limit` are at level 0. Obsolete ones are removed at once or, with `later`, after two more
   * writes of the index, so that a reader that is opening it finds them.
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
    this.closeReader();
    rmSync(this.place.staging, { recursive: true, force: true });
  }

  private closeReader(): void {
    this.reader?.close();
    this.reader = undefined;
  }

  /**
   * When Aim opens the database, it removes all tables that its MANIFEST does not name, and fails if one disappears at that
   * moment. Files are therefore moved there only when complete, and never taken back.
   */
  private writer(): DatabaseWriter {
    const { reader, directory } = this;
    const { staging } = this.place;
    return reader === undefined
      ? new DatabaseWriter(staging)
      : DatabaseWriter.addTo(directory, reader.version, staging);
  }

  private publish(writer: DatabaseWriter): void {
    const { directory } = this;
    const { staging } = this.place;
    const previous = currentManifest(directory);
    const manifest = writer.finishManifest();
    writeFileSync(join(staging, 'CURRENT'), `${manifest}\n`);
    const names = [...writer.tables.map(({ number }) => tableName(number)), manifest];
    for (const name of [...names, 'CURRENT']) syncPathSync(join(staging, name));
    if (this.isChanged()) {
      for (const name of [...names, 'CURRENT']) rmSync(join(staging, name));
      throw new IndexHeldError();
    }
    for (const name of names.reverse()) renameSync(join(staging, name), join(directory, name));
    syncPathSync(directory);
    // A few microseconds remain between this check and the rename: without RocksDB's own lock there is no safer way.
    if (this.isChanged()) throw new IndexHeldError();
    renameSync(join(staging, 'CURRENT'), join(directory, 'CURRENT'));
    syncPathSync(directory);
    // Aim may have started in between and removed our table; the next update then finds the damage and rebuilds the index.
    if (damageOf(directory) !== undefined) throw new IndexHeldError();
    const before = this.reader?.version;
    this.closeReader();
    this.fingerprint = databaseFingerprint(directory);
    this.reader = new DatabaseReader(directory);
    // A reader may just have read the previous name from CURRENT; older MANIFESTs of ours are no longer needed. RocksDB
    // cleans up its own: it writes one before it renames CURRENT, and removes those it has replaced.
    for (const name of readdirSync(directory)) {
      if (!name.startsWith('MANIFEST-') || name === manifest || name === previous) continue;
      const version = versionOf(join(directory, name));
      if (version?.ours === undefined) continue;
      this.removeTables(version, before, this.reader.version);
      rmSync(join(directory, name));
    }
  }

  private isChanged(): boolean {
    return this.place.isHeld() || databaseFingerprint(this.directory) !== this.fingerprint;
  }

  /** Removes the tables of a state that we wrote and that none of the other states uses. */
  private removeTables(state: Version, ...others: readonly (Version | undefined)[]): void {
    const live = new Set(others.flatMap((other) => other?.files.map(({ number }) => number) ?? []));
    for (const number of state.ours ?? []) {
      if (!live.has(number)) rmSync(join(this.directory, tableName(number)), { force: true });
    }
  }
}

/** Aim is writing the database, or has written it since it was read. */
export class IndexHeldError extends Error {}

/** Removes everything that was started. */
function discard(writer: DatabaseWriter): void {
  for (const path of writer.abandon()) rmSync(path, { force: true });
}

/** The state that a MANIFEST describes; undefined if it cannot be understood. */
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
