import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestName, tableName } from './database.js';
import { encodeManifest, type TableFile } from './manifest.js';
import { TableWriter } from './table-writer.js';

/**
 * The deepest level that Aim opens a database with (it sets num_levels to 4); files there must not overlap, and readers
 * need to look into one of them only.
 */
export const BOTTOM_LEVEL = 3;

/**
 * Builds a database that is loaded in bulk: its tables, a MANIFEST that lists them, and CURRENT last, because what has no
 * CURRENT is no database. It goes into an empty directory and is moved to its place by the caller; nothing is synced to
 * disk here.
 */
export class DatabaseWriter {
  private readonly tables: TableFile[] = [];
  private readonly open = new Set<TableWriter>();
  private nextNumber: number;
  private lastSequence = 0;

  /** `base` is above the number of every file in the directory where the database will lie; 1 in a new one. */
  constructor(
    readonly directory: string,
    private readonly base = 1,
  ) {
    mkdirSync(directory, { recursive: true });
    this.nextNumber = base + 3;
  }

  /** Begins a table. At the bottom level its key range must not meet that of another; at level 0 it may. */
  table(level = BOTTOM_LEVEL): TableWriter {
    const number = this.nextNumber++;
    const sequence = level === 0 ? ++this.lastSequence : 0;
    const table = new TableWriter({ path: join(this.directory, tableName(number)), number, level, sequence });
    this.open.add(table);
    return table;
  }

  /** Completes a table that {@link table} began; it has at least one entry. */
  close(table: TableWriter): void {
    this.open.delete(table);
    this.tables.push(table.finish());
  }

  /** Writes MANIFEST and CURRENT. Returns the bytes of the tables. */
  finish(): number {
    const files = this.tables;
    const manifest = manifestName(this.base);
    const { nextNumber: nextFileNumber, lastSequence } = this;
    const version = { logNumber: this.base + 2, nextFileNumber, lastSequence, files };
    writeFileSync(join(this.directory, manifest), encodeManifest(version));
    writeFileSync(join(this.directory, 'CURRENT'), `${manifest}\n`);
    return files.reduce((sum, file) => sum + file.size, 0);
  }

  /** Closes what is open; the directory is left for the caller to remove. */
  abandon(): void {
    for (const table of this.open) table.abandon();
    this.open.clear();
  }
}
