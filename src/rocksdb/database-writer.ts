import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { highestFileNumber, manifestName, tableName } from './database.js';
import { encodeManifest, type TableFile, type Version } from './manifest.js';
import { TableWriter } from './table-writer.js';

/**
 * The deepest level that Aim opens a database with (it sets num_levels to 4). Files there must not overlap, so that readers
 * need only one of them.
 */
export const BOTTOM_LEVEL = 3;

/** Another process may be numbering files of its own at the same time; this gap keeps ours apart. */
const NUMBER_GAP = 1000;

/**
 * Builds a database that is loaded in bulk, or an addition to an existing one: tables, then a MANIFEST that lists them and
 * those that stay, and CURRENT last, because a database without CURRENT does not exist. Nothing is synced to disk here, and
 * the caller moves the files into place.
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
   * @param base above the number of every file in the final directory; 1 for a new one
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

  /** Writes into `directory` an addition to the database in `live`, which is in this state. */
  static addTo(live: string, version: Version, directory = live): DatabaseWriter {
    const free = Math.max(highestFileNumber(live) + 1, version.nextFileNumber);
    return new DatabaseWriter(directory, free + NUMBER_GAP, version);
  }

  /** The tables completed so far. */
  get tables(): readonly TableFile[] {
    return this.written;
  }

  /**
   * Starts a table. At the bottom level its key range must not overlap that of another. At level 0 it may, and it is then
   * newer than all tables that exist already.
   */
  table(level = BOTTOM_LEVEL): TableWriter {
    return this.tableAt({ level, sequence: level === 0 ? ++this.lastSequence : 0 });
  }

  /** Starts a table whose entries get this sequence number: a merged table is as new as the newest it replaces. */
  tableAt({ level, sequence }: { level: number; sequence: number }): TableWriter {
    const number = this.nextNumber++;
    const table = new TableWriter({ path: join(this.directory, tableName(number)), number, level, sequence });
    this.open.add(table);
    return table;
  }

  /** Completes a table; it has at least one entry. */
  close(table: TableWriter): void {
    this.open.delete(table);
    this.written.push(table.finish());
  }

  /** Drops files of the previous state, because others now hold their contents. */
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

  /** Closes what is open. Returns the files of all tables started; removing them, or the directory, is up to the caller. */
  abandon(): string[] {
    const complete = this.written.map(({ number }) => join(this.directory, tableName(number)));
    const begun = [...this.open];
    for (const table of begun) table.abandon();
    this.open.clear();
    return [...complete, ...begun.map(({ path }) => path)];
  }
}
