import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { ConvertError } from '../../errors.js';
import { BUSY_TIMEOUT, sqliteDriver } from '../../sqlite/driver.js';
import { isBusy, sqliteFailure } from '../../sqlite/errors.js';
import type { ExperimentRow, LabelRow, NoteRow, Report, RunRow } from '../contents.js';
import { checkRows } from './row-check.js';

/** A row as SQLite gives it. */
type Columns = Readonly<Record<string, unknown>>;

const COLUMNS = `SELECT r.id, r.hash, r.name, r.description, r.is_archived, r.created_at, r.updated_at, r.finalized_at,
  e.id AS e_id, e.name AS e_name, e.uuid AS e_uuid, e.description AS e_description, e.is_archived AS e_archived,
  e.created_at AS e_created_at, e.updated_at AS e_updated_at
  FROM run r LEFT JOIN experiment e ON e.id = r.experiment_id`;
const RUNS = `${COLUMNS} WHERE r.id > ? ORDER BY r.id LIMIT ?`;
const RUN = `${COLUMNS} WHERE r.hash = ?`;
const LABELS = `SELECT x.run_id, t.name, t.uuid, t.color, t.description, t.is_archived, t.created_at, t.updated_at
  FROM run_tag x JOIN tag t ON t.id = x.tag_id WHERE x.run_id > ? AND x.run_id <= ? ORDER BY x.run_id, t.name`;
const EXPERIMENT_NOTES = 'SELECT content, created_at, updated_at FROM note WHERE experiment_id = ? ORDER BY id';
const NOTES = `SELECT run_id, content, created_at, updated_at FROM note WHERE run_id > ? AND run_id <= ? ORDER BY run_id, id`;

/** So many runs are read at a time, each with what belongs to it. */
const PAGE = 1000;

/** Aim's relational database, opened for reading only. What its write-ahead log holds, SQLite itself takes into account. */
export class RunRows {
  private byHash: StatementSyncInstance | undefined;
  /** Of an experiment as it was. */
  private lastNotes: { readonly state: string; readonly notes: readonly NoteRow[] } | undefined;

  private constructor(
    private readonly file: string,
    private readonly database: DatabaseSyncInstance,
  ) {}

  /** Throws a `fatal` {@link ConvertError} when the file cannot be opened, is damaged or is held by another program. */
  static open(file: string): RunRows {
    try {
      const database = new (sqliteDriver().DatabaseSync)(file, { readOnly: true, timeout: BUSY_TIMEOUT });
      return new RunRows(file, database);
    } catch (error) {
      throw sqliteFailure(file, error);
    }
  }

  /**
   * Reports what is wrong with the file and with how its rows refer to each other. False when it is so damaged that rows
   * cannot be read; throws when another program holds it.
   */
  check(report: Report): boolean {
    try {
      this.guard(() => checkRows(this.database, report));
      return true;
    } catch (error) {
      if (!(error instanceof ConvertError) || isBusy(error)) throw error;
      report({ code: 'rows-damaged', severity: 'error', file: 'run_metadata.sqlite', found: error.message });
      return false;
    }
  }

  /** The rows of all runs, in the order in which they were made. Other programs may write between two pages. */
  *all(): Generator<RunRow> {
    let after = -1;
    for (;;) {
      const page = this.guard(() => this.database.prepare(RUNS).all(after, PAGE)) as Columns[];
      const last = page.at(-1);
      if (last === undefined) return;
      const labels = this.ofRuns(LABELS, after, last.id as number);
      const notes = this.ofRuns(NOTES, after, last.id as number);
      after = last.id as number;
      for (const row of page) yield this.toRunRow(row, labels.get(row.id) ?? [], notes.get(row.id) ?? []);
    }
  }

  /** The row of one run. */
  row(hash: string): RunRow | undefined {
    this.byHash ??= this.guard(() => this.database.prepare(RUN));
    const row = this.guard(() => this.byHash!.get(hash)) as Columns | undefined;
    if (row === undefined) return undefined;
    const id = row.id as number;
    const [labels, notes] = [LABELS, NOTES].map((query) => this.ofRuns(query, id - 1, id).get(id) ?? []);
    return this.toRunRow(row, labels!, notes!);
  }

  /** The hashes of all rows. */
  hashes(): string[] {
    const rows = this.guard(() => this.database.prepare('SELECT hash FROM run ORDER BY hash').all()) as Columns[];
    return rows.map(({ hash }) => String(hash));
  }

  close(): void {
    this.database.close();
  }

  /** Rows that belong to runs, by the number of the run. */
  private ofRuns(query: string, after: number, last: number): ReadonlyMap<unknown, readonly Columns[]> {
    const rows = this.guard(() => this.database.prepare(query).all(after, last)) as Columns[];
    const byRun = new Map<unknown, Columns[]>();
    for (const row of rows) byRun.set(row.run_id, [...(byRun.get(row.run_id) ?? []), row]);
    return byRun;
  }

  private toRunRow(row: Columns, labels: readonly Columns[], notes: readonly Columns[]): RunRow {
    return {
      hash: String(row.hash),
      name: text(row.name),
      description: text(row.description),
      archived: row.is_archived === 1,
      createdAt: text(row.created_at),
      updatedAt: text(row.updated_at),
      finalizedAt: text(row.finalized_at),
      experiment: row.e_id === null ? undefined : this.experiment(row),
      labels: labels.map(toLabel),
      notes: notes.map(toNote),
    };
  }

  private experiment(row: Columns): ExperimentRow {
    const experiment = {
      name: String(row.e_name),
      uuid: text(row.e_uuid),
      description: text(row.e_description),
      archived: row.e_archived === 1,
      createdAt: text(row.e_created_at),
      updatedAt: text(row.e_updated_at),
    };
    // most runs come behind one of the same experiment, whose notes are searched for in all
    const state = JSON.stringify([row.e_id, experiment]);
    if (this.lastNotes?.state !== state) {
      const notes = this.guard(() => this.database.prepare(EXPERIMENT_NOTES).all(row.e_id as number)) as Columns[];
      this.lastNotes = { state, notes: notes.map(toNote) };
    }
    return { ...experiment, notes: this.lastNotes.notes };
  }

  private guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw sqliteFailure(this.file, error);
    }
  }
}

function toLabel(row: Columns): LabelRow {
  return {
    name: String(row.name),
    uuid: text(row.uuid),
    color: text(row.color),
    description: text(row.description),
    archived: row.is_archived === 1,
    createdAt: text(row.created_at),
    updatedAt: text(row.updated_at),
  };
}

function toNote(row: Columns): NoteRow {
  return { content: String(row.content), createdAt: text(row.created_at), updatedAt: text(row.updated_at) };
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
