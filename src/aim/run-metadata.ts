import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { ConvertError } from '../errors.js';
import { BUSY_TIMEOUT } from '../sqlite/driver.js';
import { SqliteCode } from '../sqlite/errors.js';
import { LockWait } from '../sqlite/lock-wait.js';
import { inTransaction } from '../sqlite/transaction.js';
import { metadataFailure } from './metadata-failure.js';
import { datetime, uuidOf } from './metadata-values.js';
import { Notes } from './notes.js';
import type { ExperimentProperties, Label, RunProperties } from './run-properties.js';

interface RunRow {
  readonly id: number;
}

/**
 * Writes runs into `run_metadata.sqlite` (docs/aim-repo-format.md §7). What a person changed in Aim stays: of an existing
 * run, only what MLflow has changed since the last time is written.
 */
export class RunMetadata {
  private readonly database: DatabaseSyncInstance;
  private readonly statements = new Map<string, StatementSyncInstance>();
  private readonly experimentIds = new Map<string, number>();
  private readonly notes = new Notes((sql) => this.prepare(sql), 'run_id');
  private readonly experimentNotes = new Notes((sql) => this.prepare(sql), 'experiment_id');
  private readonly lockWait = new LockWait();

  /** Throws a `fatal` error when the file is locked, or damaged as far as SQLite's quick check tells. */
  constructor(private readonly file: string) {
    try {
      this.database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
      // Aim's own tools do not enforce foreign keys and may have left dangling rows.
      this.database.exec('PRAGMA foreign_keys = OFF');
      const { quick_check: verdict } = this.database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
      if (verdict !== 'ok') throw Object.assign(new Error(verdict), { errcode: SqliteCode.CORRUPT });
    } catch (error) {
      throw metadataFailure(file, error);
    }
  }

  /** Runs `work` in one transaction. */
  transaction(work: () => void): void {
    // between two transactions Aim may delete an experiment, and its number be given to the next one
    this.experimentIds.clear();
    this.begin('BEGIN IMMEDIATE', work);
  }

  private begin(begin: 'BEGIN IMMEDIATE' | 'BEGIN EXCLUSIVE', work: () => void): void {
    try {
      inTransaction(this.database, begin, work);
    } catch (error) {
      throw metadataFailure(this.file, error instanceof ConvertError ? (error.cause ?? error) : error);
    }
  }

  /** Resolves when nobody blocks reading; rejects with a `fatal` error when that takes too long. */
  async whenReadable(): Promise<void> {
    await this.lockWait.retry(() => this.has(''));
  }

  /** The same for writing. */
  async whenWritable(): Promise<void> {
    // EXCLUSIVE, because readers would otherwise hold up the end of the transaction
    await this.lockWait.retry(() => this.begin('BEGIN EXCLUSIVE', () => {}));
  }

  /** From now on, waits for others only briefly: the conversion is stopping. */
  hurry(): void {
    this.lockWait.shorten();
  }

  /** True if the run has a row; without one it is invisible in Aim. */
  has(hash: string): boolean {
    return this.find(hash) !== undefined;
  }

  /** The same, after any transaction of Aim's has ended. */
  hasOnceSettled(hash: string): boolean {
    let found = false;
    this.transaction(() => {
      found = this.has(hash);
    });
    return found;
  }

  /** Whether Aim has archived the run; undefined when it has no row. */
  isArchived(hash: string): boolean | undefined {
    const row = this.prepare('SELECT is_archived FROM run WHERE hash = ?').get(hash) as
      | { is_archived: number | null }
      | undefined;
    return row === undefined ? undefined : row.is_archived === 1;
  }

  /** Removes a run with its labels and notes, if they exist. Labels and experiments themselves stay. */
  remove(hash: string): void {
    const row = this.find(hash);
    if (row === undefined) return;
    this.forget(row.id);
    this.prepare('DELETE FROM run WHERE id = ?').run(row.id);
  }

  /**
   * Writes a run. `before` is what was written last, or the states that may have been written if that is uncertain. Fields
   * that have not changed since are left alone; if nothing is known of an existing run, so is all of it.
   */
  write(hash: string, now: RunProperties, ...before: readonly (RunProperties | undefined)[]): void {
    const row = this.find(hash);
    if (row === undefined) {
      this.insert(hash, now);
      return;
    }
    const states = before.filter((state) => state !== undefined);
    for (const state of states) this.update(row.id, now, state);
    this.notes.follow(row.id, now, states, datetime(now.creationTime));
  }

  close(): void {
    this.database.close();
  }

  private find(hash: string): RunRow | undefined {
    try {
      return this.prepare('SELECT id FROM run WHERE hash = ?').get(hash) as RunRow | undefined;
    } catch (error) {
      throw metadataFailure(this.file, error);
    }
  }

  private insert(hash: string, run: RunProperties): void {
    const created = datetime(run.creationTime);
    const { lastInsertRowid } = this.prepare(
      `INSERT INTO run (hash, name, description, is_archived, created_at, updated_at, experiment_id)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      hash,
      run.name ?? `Run: ${hash}`,
      run.description ?? null,
      run.archived ? 1 : 0,
      created,
      created,
      this.experiment(run.experiment, run.creationTime),
    );
    const id = Number(lastInsertRowid);
    this.forget(id);
    for (const label of run.labels) this.label(id, label, run.creationTime);
    if (run.note !== undefined) this.notes.insert(id, run.note, created);
  }

  /** SQLite reuses the number of a removed run, whose labels and notes Aim leaves behind. */
  private forget(id: number): void {
    this.prepare('DELETE FROM run_tag WHERE run_id = ?').run(id);
    this.notes.removeAll(id);
    this.prepare('DELETE FROM run_info WHERE run_id = ?').run(id);
  }

  private update(id: number, now: RunProperties, before: RunProperties): void {
    const set = (column: string, value: string | number | null) => {
      this.prepare(`UPDATE run SET ${column} = ? WHERE id = ?`).run(value, id);
    };
    if (now.name !== before.name && now.name !== undefined) set('name', now.name);
    if (now.description !== before.description) set('description', now.description ?? null);
    if (now.archived !== before.archived) set('is_archived', now.archived ? 1 : 0);
    if (now.creationTime !== before.creationTime) {
      const [earlier, created] = [datetime(before.creationTime), datetime(now.creationTime)];
      set('created_at', created);
      // which Aim has not touched since the row was made
      this.prepare('UPDATE run SET updated_at = ? WHERE id = ? AND updated_at = ?').run(created, id, earlier);
      this.notes.move(id, earlier, created);
    }
    if (now.experiment.name !== before.experiment.name)
      set('experiment_id', this.experiment(now.experiment, now.creationTime));
    else this.describe(now.experiment, before.experiment, now.creationTime);
    this.updateLabels(id, now, before);
  }

  private updateLabels(id: number, now: RunProperties, before: RunProperties): void {
    const wanted = new Set(now.labels.map((label) => label.name));
    const had = new Set(before.labels.map((label) => label.name));
    for (const label of now.labels) if (!had.has(label.name)) this.label(id, label, now.creationTime);
    for (const name of had) {
      if (wanted.has(name)) continue;
      this.prepare('DELETE FROM run_tag WHERE run_id = ? AND tag_id = (SELECT id FROM tag WHERE name = ?)').run(
        id,
        name,
      );
    }
  }

  private label(run: number, label: Label, creationTime: number): void {
    const at = datetime(creationTime);
    this.prepare(
      `INSERT INTO tag (uuid, name, color, created_at, updated_at, is_archived) VALUES (?, ?, ?, ?, ?, 0)
       ON CONFLICT (name) DO NOTHING`,
    ).run(uuidOf('tag', label.name), label.name, label.color, at, at);
    this.prepare('INSERT OR IGNORE INTO run_tag (run_id, tag_id) SELECT ?, id FROM tag WHERE name = ?').run(
      run,
      label.name,
    );
  }

  /** The id of an experiment, which is created if necessary. */
  private experiment(experiment: ExperimentProperties, firstRun: number): number {
    const known = this.experimentIds.get(experiment.name);
    if (known !== undefined) return known;
    const at = datetime(experiment.creationTime ?? firstRun);
    const { changes } = this.prepare(
      `INSERT INTO experiment (uuid, name, created_at, updated_at, is_archived, description) VALUES (?, ?, ?, ?, 0, ?)
       ON CONFLICT (name) DO NOTHING`,
    ).run(uuidOf('experiment', experiment.name), experiment.name, at, at, experiment.description ?? null);
    const id = this.experimentId(experiment.name);
    // SQLite reuses the number of a removed experiment
    if (changes > 0) this.experimentNotes.removeAll(id);
    if (changes > 0 && experiment.note !== undefined) this.experimentNotes.insert(id, experiment.note, at);
    this.experimentIds.set(experiment.name, id);
    return id;
  }

  private experimentId(name: string): number {
    return (this.prepare('SELECT id FROM experiment WHERE name = ?').get(name) as { id: number }).id;
  }

  /** Updates the note of an experiment. Earlier versions used all of it as the description. */
  private describe(now: ExperimentProperties, before: ExperimentProperties, firstRun: number): void {
    const { name, description = null, creationTime = firstRun } = now;
    if (description !== (before.description ?? null)) {
      const isSameNote = (before.note ?? before.description) === now.note;
      this.prepare('UPDATE experiment SET description = ? WHERE name = ? AND (? OR description IS ?)').run(
        ...[description, name, isSameNote ? 0 : 1, before.description ?? null],
      );
    }
    if (now.note === before.note) return;
    this.experimentNotes.follow(this.experimentId(name), now, [before], datetime(creationTime));
  }

  private prepare(sql: string): StatementSyncInstance {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}
