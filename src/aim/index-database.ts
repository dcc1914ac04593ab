import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  currentManifest,
  DatabaseReader,
  highestFileNumber,
  manifestName,
  readVersion,
  tableName,
} from '../rocksdb/database.js';
import { BOTTOM_LEVEL } from '../rocksdb/database-writer.js';
import { encodeManifest, type TableFile, type Version } from '../rocksdb/manifest.js';
import { TableWriter } from '../rocksdb/table-writer.js';

/** Takes the entries of one new table, in ascending order of key. */
export type IndexTable = Pick<TableWriter, 'add' | 'delete'>;

/** More files than this at level 0 are merged; RocksDB, as Aim sets it up, does so from then on, too. */
const MANY_FILES = 8;

/** Aim may be numbering files of its own at the same time: ours stay clear of them. */
const NUMBER_GAP = 1000;

const EMPTY: Version = { logNumber: 3, nextFileNumber: 4, lastSequence: 0, files: [] };

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
    const version = this.reader?.version ?? EMPTY;
    const number = this.freeNumber();
    const sequence = version.lastSequence + 1;
    const file = this.writeTable({ number, level: 0, sequence }, (table) => write(table, this.reader));
    if (file !== undefined) this.publish(version, [...version.files, file], sequence, number);
  }

  /** Merges all tables into one at the bottom level, if there are many at level 0. */
  mergeIfMany(): void {
    const { reader } = this;
    if (reader === undefined || !isMany(reader.version)) return;
    const number = this.freeNumber();
    const { version } = reader;
    const file = this.writeTable({ number, level: BOTTOM_LEVEL, sequence: 0 }, (table) => {
      for (const { key, value } of reader.records()) table.add(key, value);
    });
    this.publish(version, file === undefined ? [] : [file], version.lastSequence, number);
    for (const old of version.files) rmSync(join(this.directory, tableName(old.number)), { force: true });
  }

  close(): void {
    this.reader?.close();
    this.reader = undefined;
  }

  private writeTable(
    place: { number: number; level: number; sequence: number },
    write: (table: TableWriter) => void,
  ): TableFile | undefined {
    const path = join(this.directory, tableName(place.number));
    const table = new TableWriter({ path, ...place });
    try {
      write(table);
    } catch (error) {
      table.abandon();
      rmSync(path);
      throw error;
    }
    if (table.isEmpty) {
      table.abandon();
      rmSync(path);
      return undefined;
    }
    const file = table.finish();
    sync(path);
    return file;
  }

  private publish(version: Version, files: readonly TableFile[], lastSequence: number, number: number): void {
    const manifest = manifestName(number + 1);
    const previous = currentManifest(this.directory);
    const nextFileNumber = number + 2;
    const next = encodeManifest({ logNumber: version.logNumber, nextFileNumber, lastSequence, files });
    writeFileSync(join(this.directory, manifest), next);
    sync(join(this.directory, manifest));
    const current = join(this.directory, 'CURRENT');
    writeFileSync(`${current}.tmp`, `${manifest}\n`);
    sync(`${current}.tmp`);
    renameSync(`${current}.tmp`, current);
    sync(this.directory);
    // A reader may just have read the previous name from CURRENT; older ones nobody needs.
    for (const name of readdirSync(this.directory)) {
      if (name.startsWith('MANIFEST-') && name !== manifest && name !== previous) rmSync(join(this.directory, name));
    }
    this.close();
    this.reader = new DatabaseReader(this.directory);
  }

  private freeNumber(): number {
    const next = Math.max(highestFileNumber(this.directory) + 1, this.reader?.version.nextFileNumber ?? 0);
    return this.reader === undefined ? EMPTY.nextFileNumber : next + NUMBER_GAP;
  }
}

function isMany({ files }: Version): boolean {
  return files.filter((file) => file.level === 0).length > MANY_FILES;
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
