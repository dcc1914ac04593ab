import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConvertError, errorCode, toConvertError } from '../../errors.js';
import { damaged } from './damage.js';
import { DatabaseCursor } from './database-cursor.js';
import type { EntryCursor } from './entry-cursor.js';
import { type LiveState, type LiveTable, readManifest } from './manifest.js';
import { MemoryCursor, type MemoryEntry, sortEntries } from './memory-cursor.js';
import { RangeTombstones } from './range-tombstones.js';
import { Table } from './table.js';
import { TableCursor } from './table-cursor.js';
import { type LoggedWrites, readWriteAheadLog } from './write-ahead-log.js';

/** How often the MANIFEST is read anew when RocksDB changes the files meanwhile. */
const ATTEMPTS = 20;

/** Thrown when files went while they were being opened, and the MANIFEST may tell of others. */
class FilesChangedError extends Error {}

/**
 * A RocksDB database, opened for reading: the tables of its MANIFEST and what only its write-ahead logs hold, as of one
 * moment. Its tables stay open, so that it can be read to the end whatever becomes of the files. Nothing is ever written.
 */
export class Database {
  private constructor(
    /** What was read of CURRENT and the MANIFEST; see {@link isUnchanged}. */
    private readonly manifest: ManifestFile,
    private readonly tables: readonly Table[],
    private readonly logged: readonly MemoryEntry[],
    private readonly tombstones: RangeTombstones,
    private readonly label: string,
    /** All files of the directory. */
    private readonly files: readonly string[],
  ) {}

  /**
   * Opens a database, also while RocksDB is writing it. Throws a {@link ConvertError}: `not-found` when there is none,
   * `damaged-file`, `unsupported-version`, or what the system says.
   *
   * @param label what messages call the directory
   */
  static open(directory: string, label = directory): Database {
    for (let attempt = 1; ; attempt++) {
      // before the MANIFEST: what a log that is not listed has held, the MANIFEST knows of
      const files = listFiles(directory, label);
      const manifest = ManifestFile.read(directory, label);
      try {
        return Database.openFiles(directory, label, files, manifest);
      } catch (error) {
        if (!(error instanceof FilesChangedError)) throw toConvertError(error, 'skip-run', label);
        if (attempt < ATTEMPTS && !manifest.isUnchanged()) continue;
        if (error.cause instanceof ConvertError) throw error.cause;
        throw new ConvertError('skip-run', 'changed-while-reading', `${label} changed each time it was opened.`, {
          where: label,
          hint: 'Try again when Aim is done with it.',
        });
      }
    }
  }

  /** A cursor of its own, on which `seek` is to be called first. */
  cursor(): DatabaseCursor {
    const sources: EntryCursor[] = [];
    if (this.logged.length > 0) sources.push(new MemoryCursor(this.logged));
    const levels = new Map<number, Table[]>();
    for (const table of this.tables) {
      const { level } = table.live;
      if (level === 0) sources.push(new TableCursor([table]));
      else levels.set(level, [...(levels.get(level) ?? []), table]);
    }
    for (const tables of levels.values()) sources.push(new TableCursor(tables.sort(byRange)));
    return new DatabaseCursor(sources, this.tombstones, this.label);
  }

  /** Files of tables that the MANIFEST does not name: harmless, RocksDB removes them when it next writes. */
  get leftovers(): string[] {
    return this.files.filter((name) => isTable(name) && !isLive(name, this.manifest.state));
  }

  /** Whether RocksDB itself has opened the database for writing: it leaves files that are not needed for reading. */
  get wasOpenedByRocksDb(): boolean {
    return this.files.some((name) => name === 'LOCK' || name.startsWith('OPTIONS-'));
  }

  /** Whether nobody has written the database since it was opened, as far as its tables tell. */
  isUnchanged(): boolean {
    return this.manifest.isUnchanged();
  }

  close(): void {
    for (const table of this.tables) table.close();
  }

  private static openFiles(
    directory: string,
    label: string,
    files: readonly string[],
    manifest: ManifestFile,
  ): Database {
    const { state } = manifest;
    const tables: Table[] = [];
    try {
      for (const live of state.tables) tables.push(openTable(directory, label, live));
      const logged = readLogs(directory, label, files, state);
      // what is logged may have gone into a table meanwhile, and further writes into the log
      if (logged.entries.length > 0 && !manifest.isUnchanged()) throw new FilesChangedError();
      const tombstones = new RangeTombstones([...tables.flatMap((table) => table.tombstones), ...logged.tombstones]);
      return new Database(manifest, tables, logged.entries, tombstones, label, files);
    } catch (error) {
      for (const table of tables) table.close();
      throw error;
    }
  }
}

/** CURRENT and the MANIFEST that it names. */
class ManifestFile {
  private constructor(
    private readonly directory: string,
    private readonly current: string,
    private readonly bytes: Buffer,
    readonly state: LiveState,
  ) {}

  static read(directory: string, label: string): ManifestFile {
    for (let attempt = 1; ; attempt++) {
      const current = readSmall(join(directory, 'CURRENT'), `${label}/CURRENT`);
      const name = current.toString('latin1').trimEnd();
      if (!/^MANIFEST-\d+$/.test(name)) throw damaged(`${label}/CURRENT`, 'is damaged: it names no MANIFEST');
      try {
        const bytes = readFileSync(join(directory, name));
        return new ManifestFile(directory, name, bytes, readManifest(bytes, `${label}/${name}`));
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw toConvertError(error, 'skip-run', `${label}/${name}`);
        if (attempt >= ATTEMPTS) throw damaged(`${label}/${name}`, 'is missing, although CURRENT names it');
      }
    }
  }

  isUnchanged(): boolean {
    try {
      const current = readFileSync(join(this.directory, 'CURRENT'), 'latin1').trimEnd();
      return current === this.current && readFileSync(join(this.directory, current)).equals(this.bytes);
    } catch {
      return false;
    }
  }
}

function listFiles(directory: string, label: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw toConvertError(error, 'skip-run', label);
  }
}

function readSmall(path: string, label: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw toConvertError(error, 'skip-run', label);
  }
}

function openTable(directory: string, label: string, live: LiveTable): Table {
  const name = `${String(live.number).padStart(6, '0')}.sst`;
  try {
    return new Table(join(directory, name), `${label}/${name}`, live);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw toConvertError(error, 'skip-run', `${label}/${name}`);
    const missing = damaged(`${label}/${name}`, 'is missing, although the MANIFEST names it');
    throw new FilesChangedError('a table has gone', { cause: missing });
  }
}

function readLogs(directory: string, label: string, files: readonly string[], state: LiveState): LoggedWrites {
  const writes: LoggedWrites = { entries: [], tombstones: [] };
  const logs = files.flatMap((name) => {
    const number = Number(/^(\d+)\.log$/.exec(name)?.[1] ?? -1);
    return number >= state.logNumber ? [{ name, number }] : [];
  });
  for (const { name, number } of logs.sort((a, b) => a.number - b.number)) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(directory, name));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw new FilesChangedError();
      throw toConvertError(error, 'skip-run', `${label}/${name}`);
    }
    readWriteAheadLog(bytes, `${label}/${name}`, number, writes);
  }
  sortEntries(writes.entries);
  return writes;
}

function isTable(name: string): boolean {
  return /^\d+\.sst$/.test(name);
}

function isLive(name: string, { tables }: LiveState): boolean {
  return tables.some(({ number }) => number === Number.parseInt(name, 10));
}

function byRange(a: Table, b: Table): number {
  return Buffer.compare(a.live.smallest, b.live.smallest);
}
