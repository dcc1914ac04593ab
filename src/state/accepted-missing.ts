import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { unreadParts } from '../mapping/unread-parts.js';
import type { Notice } from '../model.js';
import type { RunReport, ToldPart } from '../outcome.js';
import type { AcceptedChanges } from '../policies.js';
import { placeName, type RunPlaces } from '../run/task/run-places.js';
import { BUSY_TIMEOUT } from '../sqlite/driver.js';
import { sqliteFailure } from '../sqlite/errors.js';
import { hasTable } from '../sqlite/tables.js';
import { inTransaction } from '../sqlite/transaction.js';
import type { Ledger } from './ledger.js';

/** A run that `--accept-missing` may name. */
export interface PlacedRun {
  readonly runId: string;
  readonly unread?: readonly ToldPart[];
  readonly places?: RunPlaces;
}

/** A table in the ledger's file. Times are milliseconds since the epoch. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS accepted (
  what TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) WITHOUT ROWID;
`;

/**
 * What the user has declared lost in MLflow: a run that lacks nothing else is not reported as incomplete, and not retried. Aim keeps what it
 * has. What is revoked is retried.
 */
export class AcceptedMissing {
  static readonly NOTHING = new AcceptedMissing([]);

  private constructor(
    /** In the form of {@link acceptedName}. */
    readonly names: readonly string[],
    /** The names before the last changes. */
    private readonly before: readonly string[] = names,
  ) {}

  /** Stores the changes in the ledger, and returns what is accepted now. Throws a `fatal` error. */
  static remember(file: string, { accept, unaccept }: AcceptedChanges): AcceptedMissing {
    try {
      const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
      try {
        database.exec(SCHEMA);
        const before = AcceptedMissing.read(database);
        if (accept.length + unaccept.length === 0) return before;
        change(database, accept.map(acceptedName), unaccept.map(acceptedName));
        return new AcceptedMissing(AcceptedMissing.read(database).names, before.names);
      } finally {
        database.close();
      }
    } catch (cause) {
      throw sqliteFailure(file, cause);
    }
  }

  /** What is accepted, of a ledger that nobody need write. */
  static load(file: string): AcceptedMissing {
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT });
    try {
      return hasTable(database, 'accepted') ? AcceptedMissing.read(database) : AcceptedMissing.NOTHING;
    } finally {
      database.close();
    }
  }

  /** @param database the ledger's, with the table */
  static read(database: DatabaseSyncInstance): AcceptedMissing {
    const rows = database.prepare('SELECT what AS what FROM accepted ORDER BY what').all() as { what: string }[];
    return new AcceptedMissing(rows.map(({ what }) => what));
  }

  /** The unread parts of a run that are not accepted. */
  left(run: PlacedRun): readonly ToldPart[] {
    const { unread = [] } = run;
    return this.names.length === 0 ? unread : unread.filter((part) => !this.covers(run, part));
  }

  /** The report of a run without what is accepted. */
  told(result: RunReport, run: PlacedRun): RunReport {
    const { incomplete: _, notices, ...rest } = result;
    const left = this.left(run);
    return { ...rest, notices: this.notices(run, notices), ...(left.length > 0 && { incomplete: left }) };
  }

  /** The notices of a run without those about what is accepted. */
  notices(run: PlacedRun, notices: readonly Notice[]): readonly Notice[] {
    if (this.names.length === 0 || run.unread === undefined) return notices;
    return notices.filter((notice) => !unreadParts([notice]).some((part) => this.covers(run, part)));
  }

  private covers(run: PlacedRun, part: ToldPart): boolean {
    return this.names.some((name) => covers(name, run, part));
  }

  /** Sentences about changes without effect, probably typing errors. */
  withoutEffect({ accept, unaccept }: AcceptedChanges, ledger: Pick<Ledger, 'incomplete' | 'knows'>): string[] {
    const idle = new Map(accept.map((text) => [acceptedName(text), text]));
    for (const run of idle.size === 0 ? [] : ledger.incomplete()) {
      for (const name of idle.keys()) {
        if (run.unread?.some((part) => covers(name, run, part))) idle.delete(name);
      }
    }
    for (const name of idle.keys()) if (ledger.knows(name)) idle.delete(name);
    const told = [...idle].map(([name, text]) =>
      isRunId(name)
        ? `--accept-missing ${text}: there is no run with this id. Write a path with a slash: ./${text}.`
        : `--accept-missing ${text}: no incomplete run is there, and no artifacts of one.`,
    );
    const unknown = unaccept.filter((text) => !this.before.includes(acceptedName(text)));
    return [...told, ...unknown.map((text) => `--unaccept-missing ${text}: it was not accepted.`)];
  }
}

/** Whether a run id, path or URI covers this part. That of the artifacts covers only them; the others cover the whole run. */
function covers(name: string, { runId, places = {} }: PlacedRun, { part }: ToldPart): boolean {
  if (name === runId || isBelow(name, places.directory)) return true;
  return part === 'artifacts' && isBelow(name, places.artifacts);
}

/** A run id as it is, anything else in the form of {@link placeName}. */
function acceptedName(text: string): string {
  return isRunId(text) ? text : placeName(text);
}

function isRunId(name: string): boolean {
  return /^[\w-]+$/.test(name);
}

function isBelow(name: string, place: string | undefined): boolean {
  if (place === undefined || !place.startsWith(name)) return false;
  return place.length === name.length || place[name.length] === '/' || /[/:]$/.test(name);
}

function change(database: DatabaseSyncInstance, added: readonly string[], removed: readonly string[]): void {
  inTransaction(database, 'BEGIN IMMEDIATE', () => {
    const add = database.prepare('INSERT OR IGNORE INTO accepted (what, since) VALUES (?, ?)');
    for (const what of added) add.run(what, Date.now());
    const remove = database.prepare('DELETE FROM accepted WHERE what = ?');
    for (const what of removed) remove.run(what);
  });
}
