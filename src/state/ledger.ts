import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import type { RunProperties } from '../aim/run-properties.js';
import type { ToldPart } from '../outcome.js';
import type { KeptNotices } from '../run/task/kept-notices.js';
import type { RunPlaces } from '../run/task/run-places.js';
import { inTransaction } from '../sqlite/transaction.js';
import { openLedgerFile, readLedgerFile } from './ledger-file.js';

/** What the ledger knows about a converted run. */
export interface LedgerEntry {
  readonly hash: string;
  readonly runId: string;
  readonly source: string;
  /** The revision that was read (`TrackingStore.revision`). */
  readonly revision: string;
  /** A digest of everything else that decides the result: mapping version, policies, the experiment. */
  readonly inputs: string;
  /** What was last written into Aim's relational database. */
  readonly properties: RunProperties;
  /** What interrupted conversions were about to write there, oldest first; each may have been written or not. */
  readonly pending?: readonly RunProperties[];
  /** When to convert the run again although nothing has changed, because it may have become stale; milliseconds, or never. */
  readonly reviewAt: number | null;
  /** MLflow's id of its experiment. */
  readonly experimentId?: string;
  /** Whether it was active in MLflow when it was last read. */
  readonly active?: boolean;
  /** What happened to it in Aim after MLflow deleted it; absent for a run that MLflow has. */
  readonly deleted?: Deletion;
  /** What is needed to append to the run (append-state.ts); absent if it must be read whole the next time. */
  readonly appendState?: string;
  /** The index does not yet contain what the run's database does. */
  readonly unindexed?: boolean;
  /** The first hundred parts that could not be read; absent if there are none. */
  readonly unread?: readonly ToldPart[];
  /** Where a run with unread parts and its artifacts are, for `--accept-missing`. */
  readonly places?: RunPlaces;
  /** The directory for the run's files, if it did not exist: there are no files, or a disk was not mounted. */
  readonly awaited?: string;
  /** What was lost or changed on the way; absent for nothing, and for runs that an earlier version has converted. */
  readonly notices?: KeptNotices;
}

/** A run with unread parts. */
export type IncompleteRun = Pick<LedgerEntry, 'runId' | 'unread' | 'places'>;

/** `removing`: its removal from Aim has begun, and may not be complete. */
export type Deletion = 'archived' | 'kept' | 'removing';

/** A run of the ledger and its experiment. */
export interface LedgerPlace {
  readonly hash: string;
  readonly experimentId?: string;
}

/** A run of the ledger by the ids that MLflow gives it. */
export interface LedgerRun {
  readonly runId: string;
  readonly experimentId: string;
}

/** A run may have any number of unreadable files. */
const MAX_UNREAD = 100;

/**
 * Remembers what was converted, and from which state (`.aim/mlflow2aim.sqlite`). A cache: without it, a conversion takes
 * longer and brings back runs that were removed in Aim.
 */
export class Ledger {
  private readonly select: StatementSyncInstance;
  private readonly upsert: StatementSyncInstance;
  /** The runs with entries: each query of SQLite takes a lock. */
  private readonly hashes: Set<string>;

  private constructor(
    private readonly database: DatabaseSyncInstance,
    /** Where the damaged ledger is that this one replaces. */
    readonly damaged: string | undefined,
  ) {
    this.select = database.prepare(
      `SELECT run_id AS run_id, source AS source, revision AS revision, inputs AS inputs, properties AS properties,
              pending AS pending, review_at AS review_at, experiment_id AS experiment_id, active AS active,
              deleted AS deleted, growth AS growth, unindexed AS unindexed, unread AS unread, awaited AS awaited,
              notices AS notices
       FROM runs WHERE hash = ?`,
    );
    this.upsert = database.prepare(
      `INSERT OR REPLACE INTO runs (hash, run_id, source, revision, inputs, properties, pending, review_at,
                                    experiment_id, active, deleted, growth, unindexed, unread, awaited, notices)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const rows = database.prepare('SELECT hash AS hash FROM runs').all() as unknown as { hash: string }[];
    this.hashes = new Set(rows.map(({ hash }) => hash));
  }

  /** Opens or creates the ledger; see {@link openLedgerFile}. */
  static open(file: string): Ledger {
    return openLedgerFile(file, (database, damaged) => new Ledger(database, damaged));
  }

  /**
   * Opens a ledger for reading, while others may be writing it; undefined if it has another version. Throws errors of
   * SQLite.
   */
  static read(file: string): Ledger | undefined {
    const database = readLedgerFile(file);
    return database && new Ledger(database, undefined);
  }

  get(hash: string): LedgerEntry | undefined {
    if (!this.hashes.has(hash)) return undefined;
    const row = this.select.get(hash) as Record<string, string | number | null> | undefined;
    const properties = row === undefined ? undefined : parse<RunProperties>(row.properties);
    if (row === undefined || properties === undefined) return undefined;
    const pending = row.pending === null ? undefined : parse<readonly RunProperties[]>(row.pending);
    return {
      hash,
      runId: String(row.run_id),
      source: String(row.source),
      revision: String(row.revision),
      inputs: String(row.inputs),
      properties,
      ...(Array.isArray(pending) && { pending }),
      reviewAt: row.review_at === null ? null : Number(row.review_at),
      ...(row.experiment_id !== null && { experimentId: String(row.experiment_id) }),
      ...(row.active !== null && { active: row.active === 1 }),
      ...(row.deleted !== null && { deleted: String(row.deleted) as Deletion }),
      ...(row.growth !== null && { appendState: String(row.growth) }),
      ...(row.unindexed === 1 && { unindexed: true }),
      ...(row.unread !== null && parse<UnreadColumn>(row.unread)),
      ...(row.awaited !== null && { awaited: String(row.awaited) }),
      ...noticesOf(row.notices),
    };
  }

  /** Lists the runs of a source. Nothing may be written meanwhile. */
  *places(source: string): Generator<LedgerPlace> {
    const rows = this.database
      .prepare('SELECT hash AS hash, experiment_id AS experiment_id FROM runs WHERE source = ?')
      .iterate(source) as Iterable<{ hash: string; experiment_id: string | null }>;
    for (const { hash, experiment_id } of rows) {
      yield { hash, ...(experiment_id !== null && { experimentId: experiment_id }) };
    }
  }

  /** Lists the runs of a source that Aim has as active, and whose experiment is known. */
  active(source: string): LedgerRun[] {
    const rows = this.database
      .prepare(
        `SELECT run_id AS run_id, experiment_id AS experiment_id FROM runs
         WHERE source = ? AND active = 1 AND deleted IS NULL AND experiment_id IS NOT NULL`,
      )
      .all(source) as { run_id: string; experiment_id: string }[];
    return rows.map(({ run_id, experiment_id }) => ({ runId: run_id, experimentId: experiment_id }));
  }

  delete(hash: string): void {
    this.database.prepare('DELETE FROM runs WHERE hash = ?').run(hash);
    this.hashes.delete(hash);
  }

  /** Writes entries in one transaction. */
  write(entries: readonly LedgerEntry[]): void {
    if (entries.length === 0) return;
    inTransaction(this.database, 'BEGIN', () => {
      for (const entry of entries) this.writeEntry(entry);
    });
    for (const { hash } of entries) this.hashes.add(hash);
  }

  private writeEntry(entry: LedgerEntry): void {
    const { hash, runId, source, revision, inputs, properties, pending, reviewAt, appendState, unindexed } = entry;
    const unsettled = pending === undefined ? null : JSON.stringify(pending);
    const written = JSON.stringify(properties);
    const state = [entry.experimentId ?? null, entry.active === undefined ? null : Number(entry.active)];
    this.upsert.run(
      hash,
      runId,
      source,
      revision,
      inputs,
      written,
      unsettled,
      reviewAt === null ? null : Math.min(reviewAt, Number.MAX_SAFE_INTEGER), // larger integers cannot be read back
      ...state,
      entry.deleted ?? null,
      appendState ?? null,
      unindexed ? 1 : 0,
      unreadColumn(entry),
      entry.awaited ?? null,
      entry.notices === undefined ? null : JSON.stringify(entry.notices),
    );
  }

  /** The runs whose index entries are out of date. */
  unindexed(): string[] {
    const rows = this.database.prepare('SELECT hash AS hash FROM runs WHERE unindexed = 1 ORDER BY hash').all();
    return (rows as { hash: string }[]).map(({ hash }) => hash);
  }

  /** Records that the index entries of these runs are up to date. */
  markIndexed(hashes: readonly string[]): void {
    if (hashes.length === 0) return;
    const update = this.database.prepare('UPDATE runs SET unindexed = 0 WHERE hash = ?');
    inTransaction(this.database, 'BEGIN', () => {
      for (const hash of hashes) update.run(hash);
    });
  }

  /** Lists the runs with unread parts, of all sources. Nothing may be written meanwhile. */
  *incomplete(): Generator<IncompleteRun> {
    const rows = this.database
      .prepare('SELECT run_id AS runId, unread AS unread FROM runs WHERE unread IS NOT NULL')
      .iterate() as Iterable<{ runId: string; unread: string }>;
    for (const { runId, unread } of rows) yield { runId, ...parse<UnreadColumn>(unread) };
  }

  /** Whether a run of this id was converted. */
  knows(runId: string): boolean {
    return this.database.prepare('SELECT 1 AS known FROM runs WHERE run_id = ?').get(runId) !== undefined;
  }

  close(): void {
    this.database.close();
  }
}

/** The unread parts and places of a run, stored in one column. */
type UnreadColumn = Pick<LedgerEntry, 'unread' | 'places'>;

function unreadColumn({ unread = [], places = {} }: UnreadColumn): string | null {
  if (unread.length === 0) return null;
  return JSON.stringify({ unread: unread.slice(0, MAX_UNREAD), places });
}

function noticesOf(column: unknown): Pick<LedgerEntry, 'notices'> {
  const notices = column === null ? undefined : parse<KeptNotices>(column);
  return notices === undefined ? {} : { notices };
}

/** Undefined for text from a damaged page; the run is then unknown. */
function parse<T extends object>(text: unknown): T | undefined {
  try {
    return JSON.parse(String(text)) as T;
  } catch {
    return undefined;
  }
}
