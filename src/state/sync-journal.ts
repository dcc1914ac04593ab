import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { monotonicNow, steadyTime } from '../clock.js';
import { ConvertError, toConvertError } from '../errors.js';
import type { ExperimentFailure } from '../events.js';
import type { RunReport } from '../outcome.js';
import { BUSY_TIMEOUT } from '../sqlite/driver.js';
import { inTransaction } from '../sqlite/transaction.js';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS sources (
  source TEXT PRIMARY KEY,
  looked_at INTEGER,
  changed_at INTEGER,
  trouble TEXT,
  trouble_code TEXT,
  trouble_since INTEGER,
  complete_at INTEGER,
  next_within INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS troubles (
  source TEXT,
  hash TEXT,
  run_id TEXT NOT NULL,
  run_name TEXT,
  experiment TEXT NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT,
  place TEXT,
  reason TEXT NOT NULL,
  damage TEXT,
  since INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY (source, hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unread (
  source TEXT,
  message TEXT,
  experiment TEXT,
  code TEXT,
  since INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY (source, message)
) WITHOUT ROWID;
`;

/** What the journal records of a pass that has ended. */
export interface EndedPass {
  /** Whether it covered all runs of the source since `began` (milliseconds of a monotonic clock). */
  readonly complete: boolean;
  readonly began?: number;
  /** Of a watch that has covered all chosen runs: the milliseconds within which the next such pass should end. */
  readonly nextWithin?: number;
  /** Of a complete one: the experiments that could not be read. */
  readonly failures?: Iterable<ExperimentFailure>;
}

/** A pass that found nothing is recorded at most once in this many milliseconds. */
const QUIET_WRITES = 5_000;

/**
 * Keeps beside the ledger when a source was last read and which of its runs failed or were skipped, for `mlflow2aim status`.
 * Nothing depends on it, so its own failures are ignored. Times are milliseconds since the epoch.
 */
export class SyncJournal {
  private readonly began = monotonicNow();
  private pending = new Map<string, RunReport>();
  /** The runs that the journal has as failed or skipped. */
  private readonly known: Set<string>;
  private changed = false;
  private writtenAt = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly database: DatabaseSyncInstance | undefined,
    private readonly source: string,
  ) {
    const rows = database?.prepare('SELECT hash AS hash FROM troubles WHERE source = ?').all(source) ?? [];
    this.known = new Set(rows.map((row) => (row as { hash: string }).hash));
  }

  /** @param file of the ledger, which must have been opened before: a damaged one is replaced then */
  static open(file: string, source: string): SyncJournal {
    try {
      const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
      database.exec(SCHEMA);
      addColumns(database);
      return new SyncJournal(database, source);
    } catch {
      return new SyncJournal(undefined, source);
    }
  }

  /** A run has been processed. */
  note(report: RunReport): void {
    if (report.outcome === 'new' || report.outcome === 'updated') this.changed = true;
    if (!isTrouble(report) && !this.known.has(report.runHash) && !this.pending.has(report.runHash)) return;
    this.pending.set(report.runHash, report);
    if (this.pending.size >= 1000) this.write(() => {});
  }

  /** A pass has ended. */
  passed({ complete, began = this.began, nextWithin, failures = [] }: EndedPass): void {
    const troubles = [...this.pending.values()].some(isTrouble);
    const isWhole = complete || nextWithin !== undefined;
    if (!isWhole && !this.changed && !troubles && monotonicNow() - this.writtenAt < QUIET_WRITES) return;
    this.write((database) => {
      const now = Date.now();
      database
        .prepare(
          `INSERT INTO sources (source, looked_at, changed_at) VALUES (?, ?, ?) ON CONFLICT (source) DO UPDATE SET
           looked_at = excluded.looked_at, changed_at = coalesce(excluded.changed_at, changed_at),
           trouble = NULL, trouble_code = NULL, trouble_since = NULL`,
        )
        .run(this.source, now, this.changed ? now : null);
      if (isWhole) {
        database.prepare('UPDATE sources SET next_within = ? WHERE source = ?').run(nextWithin ?? null, this.source);
      }
      if (!complete) return;
      database.prepare('UPDATE sources SET complete_at = ? WHERE source = ?').run(now, this.source);
      // those of the future were written before the clock was set back
      database
        .prepare('DELETE FROM troubles WHERE source = ? AND (seen < ? OR seen > ?)')
        .run(this.source, steadyTime(began), steadyTime());
      this.writeFailures(database, failures, now);
    });
    this.changed = false;
  }

  /** A pass was interrupted by this error. */
  failed(error: unknown): void {
    const { code, message, sentence } = toConvertError(error, 'fatal', this.source);
    this.write((database) =>
      database
        .prepare(
          `INSERT INTO sources (source, trouble, trouble_code, trouble_since) VALUES (?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET
           trouble = excluded.trouble, trouble_code = excluded.trouble_code, trouble_since = coalesce(trouble_since, excluded.trouble_since)`,
        )
        .run(this.source, error instanceof ConvertError ? sentence : message, code, Date.now()),
    );
  }

  /** The watch has ended: its next pass is not expected any more. */
  ended(): void {
    this.write((database) => {
      database
        .prepare('UPDATE sources SET next_within = NULL WHERE source = ? AND next_within IS NOT NULL')
        .run(this.source);
    });
  }

  close(): void {
    try {
      this.database?.close();
    } catch {
      // nothing depends on it
    }
  }

  private write(more: (database: DatabaseSyncInstance) => void): void {
    const reports = [...this.pending.values()];
    this.pending = new Map();
    this.writtenAt = monotonicNow();
    const { database } = this;
    if (database === undefined) return;
    try {
      inTransaction(database, 'BEGIN IMMEDIATE', () => {
        for (const report of reports) this.writeReport(database, report);
        more(database);
      });
    } catch {
      // nothing depends on it
    }
  }

  private writeFailures(database: DatabaseSyncInstance, failures: Iterable<ExperimentFailure>, now: number): void {
    const write = database.prepare(
      `INSERT INTO unread (source, message, experiment, code, since, seen) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (source, message) DO UPDATE SET experiment = excluded.experiment, code = excluded.code, seen = excluded.seen`,
    );
    for (const { id, code, message } of failures) write.run(this.source, message, id, code, now, now);
    database.prepare('DELETE FROM unread WHERE source = ? AND seen <> ?').run(this.source, now);
  }

  private writeReport(database: DatabaseSyncInstance, report: RunReport): void {
    const {
      runHash,
      runId,
      runName,
      experiment,
      outcome,
      code = null,
      where = null,
      reason = '',
      damage = null,
    } = report;
    if (!isTrouble(report)) {
      this.known.delete(runHash);
      database.prepare('DELETE FROM troubles WHERE source = ? AND hash = ?').run(this.source, runHash);
      return;
    }
    const now = Date.now();
    const seen = steadyTime();
    this.known.add(runHash);
    database
      .prepare(
        `INSERT INTO troubles (source, hash, run_id, run_name, experiment, outcome, code, place, reason, damage, since, seen)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, hash) DO UPDATE SET
         run_name = excluded.run_name, experiment = excluded.experiment, outcome = excluded.outcome,
         since = CASE WHEN code IS excluded.code AND place IS excluded.place THEN since ELSE excluded.since END,
         code = excluded.code, place = excluded.place, reason = excluded.reason, damage = excluded.damage, seen = excluded.seen`,
      )
      .run(this.source, runHash, runId, runName ?? null, experiment, outcome, code, where, reason, damage, now, seen);
  }
}

const LATER_COLUMNS = [
  ['sources', 'complete_at', 'INTEGER'],
  ['sources', 'next_within', 'INTEGER'],
  ['sources', 'trouble_code', 'TEXT'],
  ['unread', 'experiment', 'TEXT'],
  ['unread', 'code', 'TEXT'],
  ['troubles', 'code', 'TEXT'],
  ['troubles', 'place', 'TEXT'],
  ['troubles', 'damage', 'TEXT'],
] as const;

/** Adds the columns that a table of an earlier version lacks. */
function addColumns(database: DatabaseSyncInstance): void {
  for (const [table, column, type] of LATER_COLUMNS) {
    const names = database.prepare('SELECT name AS name FROM pragma_table_info(?)').all(table) as { name: string }[];
    if (!names.some(({ name }) => name === column)) database.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
  }
}

/** Whether a person may want to know about the run: not if it was skipped because MLflow has deleted it. */
function isTrouble({ outcome, code }: RunReport): boolean {
  return outcome === 'failed' || (outcome === 'skipped' && code !== 'deleted');
}
