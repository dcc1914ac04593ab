import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Key } from './bytes.js';
import { DELETION, VALUE } from './internal-key.js';
import { decodeManifest, type TableFile, type Version } from './manifest.js';
import { type RangeTombstone, type TableEntry, TableReader } from './table-reader.js';

export function tableName(number: number): string {
  return `${String(number).padStart(6, '0')}.sst`;
}

export function manifestName(number: number): string {
  return `MANIFEST-${String(number).padStart(6, '0')}`;
}

/** The name of the MANIFEST that CURRENT points to; undefined if there is no database. */
export function currentManifest(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, 'CURRENT'), 'latin1').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The state of the database in `directory`. Throws an Error if there is none or it is not understood. */
export function readVersion(directory: string): Version {
  const name = currentManifest(directory);
  if (name === undefined) throw new Error('The directory holds no database.');
  return decodeManifest(readFileSync(join(directory, name)));
}

/** The highest file number in use in a directory; 0 if there is none. */
export function highestFileNumber(directory: string): number {
  let highest = 0;
  for (const name of readdirSync(directory)) {
    const digits = /^(?:MANIFEST-|OPTIONS-)?(\d+)(?:\.\w+)?$/.exec(name)?.[1];
    if (digits !== undefined) highest = Math.max(highest, Number(digits));
  }
  return highest;
}

/** Whether a WAL holds writes that are not yet in a table. */
export function hasUnflushedLog(directory: string): boolean {
  // one that has disappeared since it was listed has been flushed
  const sizeOf = (name: string) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
  return readdirSync(directory).some((name) => name.endsWith('.log') && sizeOf(name) > 0);
}

/** A live record of a database. */
export interface DatabaseRecord {
  readonly key: Key;
  readonly value: Buffer;
}

/**
 * Reads the tables of a database as they were when it was opened. Writes that are only in a WAL are not seen: check {@link
 * hasUnflushedLog} first.
 */
export class DatabaseReader {
  readonly version: Version;
  private readonly tables: readonly TableReader[];
  private readonly tombstones: readonly RangeTombstone[];

  constructor(directory: string) {
    this.version = readVersion(directory);
    const tables: TableReader[] = [];
    try {
      for (const file of this.version.files) tables.push(new TableReader(join(directory, tableName(file.number))));
    } catch (error) {
      for (const table of tables) table.close();
      throw error;
    }
    this.tables = tables;
    this.tombstones = tables
      .flatMap((table) => table.rangeTombstones)
      .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  /** The live records whose key begins with `prefix`, in order. */
  *records(prefix: Key = ''): Generator<DatabaseRecord> {
    const deleted = new DeletedRanges(this.tombstones);
    for (const entry of newestEntries(this.tables, prefix)) {
      if (entry.type === DELETION || deleted.covers(entry)) continue;
      if (entry.type !== VALUE) throw new Error(`The database has an entry of type ${entry.type}.`);
      yield { key: entry.key, value: entry.value };
    }
  }

  /**
   * The newest entry for each key in these files of the database, which may be a deletion. Undefined if one of them deletes
   * a range, which can only be applied over all files.
   */
  entries(files: readonly TableFile[]): Generator<TableEntry> | undefined {
    const wanted = new Set(files.map(({ number }) => number));
    const tables = this.tables.filter((_, i) => wanted.has(this.version.files[i]!.number));
    return tables.some(({ rangeTombstones }) => rangeTombstones.length > 0) ? undefined : newestEntries(tables, '');
  }

  /**
   * The blocks that hold all records, each once and in order; undefined if several tables, or deletions of ranges, have to
   * be merged.
   */
  blocks(): Generator<Buffer> | undefined {
    const [table, ...others] = this.tables;
    return table === undefined || others.length > 0 || this.tombstones.length > 0 ? undefined : table.blocks();
  }

  close(): void {
    for (const table of this.tables) table.close();
  }
}

/** The newest entry for each key with this prefix in these tables, including deletions, in order of key. */
function* newestEntries(tables: readonly TableReader[], prefix: Key): Generator<TableEntry> {
  const cursors: Cursor[] = [];
  for (const table of tables) {
    const iterator = table.entries(prefix);
    const first = iterator.next();
    if (!first.done) cursors.push({ iterator, entry: first.value });
  }
  let previous: Key | undefined;
  while (cursors.length > 0) {
    const entry = takeSmallest(cursors);
    if (!entry.key.startsWith(prefix)) return;
    if (entry.key === previous) continue;
    previous = entry.key;
    yield entry;
  }
}

interface Cursor {
  readonly iterator: Iterator<TableEntry>;
  entry: TableEntry;
}

/** Takes the entry with the smallest key, the newest first, and advances its cursor. */
function takeSmallest(cursors: Cursor[]): TableEntry {
  let best = 0;
  for (let i = 1; i < cursors.length; i++) {
    const a = cursors[i]!.entry;
    const b = cursors[best]!.entry;
    if (a.key < b.key || (a.key === b.key && a.sequence > b.sequence)) best = i;
  }
  const cursor = cursors[best]!;
  const { entry } = cursor;
  const next = cursor.iterator.next();
  if (next.done) cursors.splice(best, 1);
  else cursor.entry = next.value;
  return entry;
}

/** Tells for ascending keys whether a range tombstone hides an entry. */
class DeletedRanges {
  private next = 0;
  private active: RangeTombstone[] = [];

  constructor(private readonly byStart: readonly RangeTombstone[]) {}

  covers(entry: TableEntry): boolean {
    if (this.byStart.length === 0) return false;
    let opened = false;
    while (this.next < this.byStart.length && this.byStart[this.next]!.start <= entry.key) {
      this.active.push(this.byStart[this.next++]!);
      opened = true;
    }
    if (opened || this.active.some((range) => range.end <= entry.key)) {
      this.active = this.active.filter((range) => range.end > entry.key);
    }
    return this.active.some((range) => range.sequence > entry.sequence);
  }
}
