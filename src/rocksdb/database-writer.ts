import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { highestFileNumber, manifestName, tableName } from './database.js';
import { encodeManifest, type TableFile, type Version } from './manifest.js';
import { TableWriter } from './table-writer.js';

/**
 * The deepest level that Aim opens a database with (it sets num_levels to 4); files there must not overlap, and readers
 * need to look into one of them only.
 */
export const BOTTOM_LEVEL = 3;

/** A writer of another process may be numbering files of its own at the same time: ours stay clear of them. */
const NUMBER_GAP = 1000;

/**
 * Builds a database that is loaded in bulk, or what is added to one that is there: tables, a MANIFEST that lists them and
 * those that stay, and CURRENT last, because what has no CURRENT is no database. Nothing is synced to disk here; it is the
 * caller who moves the files to their place.
 */
export class DatabaseWriter {
  private readonly written: TableFile[] = [];
  private readonly open = new Set<TableWriter>();
  private kept: readonly TableFile[];
  /** Files of the previous state that another program has written. */
  private readonly others: ReadonlySet<number>;
  private readonly logNumber: number;
  private nextNumber: number;
  private lastSequence: number;

  /**
   * @param directory where the files are written
   * @param base above the number of every file in the directory where the database will lie; 1 in a new one
   * @param previous the state that is added to; its files stay where they are
   */
  constructor(
    readonly directory: string,
    private readonly base = 1,
    previous?: Version,
  ) {
    mkdirSync(directory, { recursive: true });
    this.kept = previous?.files ?? [];
    const ours = new Set(previous?.ours);
    this.others = new Set(this.kept.map(({ number }) => number).filter((number) => !ours.has(number)));
    this.logNumber = previous?.logNumber ?? base + 2;
    this.nextNumber = base + 3;
    this.lastSequence = previous?.lastSequence ?? 0;
  }

  /** Writes into `directory` what is added to the database that lies in `live` in this state. */
  static addTo(live: string, version: Version, directory = live): DatabaseWriter {
    const free = Math.max(highestFileNumber(live) + 1, version.nextFileNumber);
    return new DatabaseWriter(directory, free + NUMBER_GAP, version);
  }

  /** The tables completed so far. */
  get tables(): readonly TableFile[] {
    return this.written;
  }

  /**
   * Begins a table. At the bottom level its key range must not meet that of another; at level 0 it may, and there a table
   * is newer than all that were there before.
   */
  table(level = BOTTOM_LEVEL): TableWriter {
    return this.tableAt({ level, sequence: level === 0 ? ++this.lastSequence : 0 });
  }

  /** Begins a table whose entries get this sequence number: one that takes the place of others is as new as the newest. */
  tableAt({ level, sequence }: { level: number; sequence: number }): TableWriter {
    const number = this.nextNumber++;
    const table = new TableWriter({ path: join(this.directory, tableName(number)), number, level, sequence });
    this.open.add(table);
    return table;
  }

  /** Completes a table that was begun; it has at least one entry. */
  close(table: TableWriter): void {
    this.open.delete(table);
    this.written.push(table.finish());
  }

  /** Leaves out files of the previous state, because others hold what they held. */
  drop(files: readonly TableFile[]): void {
    const gone = new Set(files.map(({ number }) => number));
    this.kept = this.kept.filter(({ number }) => !gone.has(number));
  }

  /** Writes MANIFEST and CURRENT. Returns the bytes of the tables written. */
  finish(): number {
    writeFileSync(join(this.directory, 'CURRENT'), `${this.finishManifest()}\n`);
    return this.written.reduce((sum, file) => sum + file.size, 0);
  }

  /** Writes the MANIFEST alone; returns its name. */
  finishManifest(): string {
    const manifest = manifestName(this.base);
    const { logNumber, nextNumber: nextFileNumber, lastSequence } = this;
    const files = [...this.kept, ...this.written];
    const ours = files.map(({ number }) => number).filter((number) => !this.others.has(number));
    const version = { logNumber, nextFileNumber, lastSequence, files, ours };
    writeFileSync(join(this.directory, manifest), encodeManifest(version));
    return manifest;
  }

  /** Closes what is open. Gives the files of all tables begun; they, or the directory, are left for the caller to remove. */
  abandon(): string[] {
    const complete = this.written.map(({ number }) => join(this.directory, tableName(number)));
    const begun = [...this.open];
    for (const table of begun) table.abandon();
    this.open.clear();
    return [...complete, ...begun.map(({ path }) => path)];
  }
}
