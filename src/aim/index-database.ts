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

/** Takes the entries of one new table, in ascending order of key. */
export type IndexTable = Pick<TableWriter, 'add' | 'addFromBlock' | 'delete'>;

/** More files than this at level 0 are merged; RocksDB, as Aim sets it up, does so from then on, too. */
const MANY_FILES = 8;

/** What is to be known about where a database lies that Aim writes as well. */
export interface IndexPlace {
  /** A directory on the same file system in which nobody else works: new files are made there and moved. */
  readonly staging: string;
  /** Whether Aim is writing the database at this moment, as far as that can be seen. */
  readonly isHeld: () => boolean;
}

/**
 * A RocksDB database that grows by whole tables: each {@link append} writes one more file at level 0 and a new MANIFEST,
 * and publishes both by the rename of CURRENT (docs/aim-repo-format.md §2.3).
 */
export class IndexDatabase {
  private constructor(
    private readonly directory: string,
    private readonly place: IndexPlace,
    /** What {@link databaseFingerprint} said before the reader was opened. */
    private fingerprint: string | undefined,
    private reader: DatabaseReader | undefined,
  ) {}

  static exists(directory: string): boolean {
    return currentManifest(directory) !== undefined;
  }

  /** Whether {@link mergeIfMany} has something to do. */
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
   * Adds a table of what `write` puts into it; `write` also gets the state before. Nothing happens if that is nothing. Throws
   * {@link IndexHeldError} when Aim has begun to write.
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
    this.closeReader();
    rmSync(this.place.staging, { recursive: true, force: true });
  }

  private closeReader(): void {
    this.reader?.close();
    this.reader = undefined;
  }

  /**
   * Where Aim opens the database, it removes all tables that its MANIFEST does not know, and fails on one that has just gone:
   * so files come there only when they are complete, and what has come is never taken back.
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
    // Between this look and the rename lie some microseconds: there is no closer one without RocksDB's own lock.
    if (this.isChanged()) throw new IndexHeldError();
    renameSync(join(staging, 'CURRENT'), join(directory, 'CURRENT'));
    syncPathSync(directory);
    // In those Aim may have begun, and removed our table: then the next one finds the damage, and makes the index anew.
    if (damageOf(directory) !== undefined) throw new IndexHeldError();
    const before = this.reader?.version;
    this.closeReader();
    this.fingerprint = databaseFingerprint(directory);
    this.reader = new DatabaseReader(directory);
    // A reader may just have read the previous name from CURRENT; what we have written before that nobody needs. RocksDB's
    // own MANIFESTs are its own affair: it writes one before it renames CURRENT, and removes those that it has replaced.
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

  /** Removes those tables of a state that we have written and that are in none of the others. */
  private removeTables(state: Version, ...others: readonly (Version | undefined)[]): void {
    const live = new Set(others.flatMap((other) => other?.files.map(({ number }) => number) ?? []));
    for (const number of state.ours ?? []) {
      if (!live.has(number)) rmSync(join(this.directory, tableName(number)), { force: true });
    }
  }
}

/** Aim is writing the database, or has written it since it was read. */
export class IndexHeldError extends Error {}

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
