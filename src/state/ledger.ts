import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import type { RunProperties } from '../aim/run-metadata.js';
import type { ToldPart } from '../outcome.js';
import type { RunPlaces } from '../run/task/run-places.js';
import { inTransaction } from '../sqlite/transaction.js';
import { openLedgerFile } from './ledger-file.js';

/** What the ledger knows about a run that was converted. */
export interface LedgerEntry {
  readonly hash: string;
  readonly runId: string;
  readonly source: string;
  /** The source's mark of what was read (`TrackingStore.revision`). */
  readonly revision: string;
  /** A digest of everything else that decides the result: mapping version, policies, the experiment. */
  readonly inputs: string;
  /** What was last written into Aim's relational database. */
  readonly properties: RunProperties;
  /** What was about to be written there when conversions ended, one after the other; each may have been, or not. */
  readonly pending?: readonly RunProperties[];
  /**
   * From then on (milliseconds) the run must be looked at again although nothing changed: it may have become stale.
   */
  readonly reviewAt: number | null;
  /** The experiment it lies in, by MLflow's id. */
  readonly experimentId?: string;
  /** Whether it went on in MLflow when it was read last. */
  readonly active?: boolean;
  /** What has become of it since MLflow deleted it; absent for a run that MLflow has. */
  readonly deleted?: Deletion;
  /** What is needed to add to the run in place (growth-state.ts); absent when it is to be read whole the next time. */
  readonly growth?: string;
  /** The index does not yet say what the run's database says. */
  readonly unindexed?: boolean;
  /** What of the run could not be read; absent when all was. The first hundred. */
  readonly unread?: readonly ToldPart[];
  /** Of a run with unread parts: where it and its artifacts lie, by which `--accept-missing` may name it. */
  readonly places?: RunPlaces;
  /** The directory where the run's files would lie, and which was not there: it has none, or a disk was not mounted. */
  readonly awaited?: string;
}

/** A run of which something could not be read. */
export type IncompleteRun = Pick<LedgerEntry, 'runId' | 'unread' | 'places'>;

/** `removing`: its removal from Aim has begun, and may not have been finished. */
export type Deletion = 'archived' | 'kept' | 'removing';

/** Where a run of the ledger lies in its source. */
export interface LedgerPlace {
  readonly hash: string;
  readonly experimentId?: string;
}

/** A run may have any number of files that cannot be read. */
const UNREAD_KEPT = 100;

/**
 * Remembers what was converted and from which state (`.aim/mlflow2aim.sqlite`). It is a cache of what could be found out
 * again by reading both sides: without it a conversion takes longer and ends in the same repository.
 */
export class Ledger {
  private readonly select: StatementSyncInstance;
  private readonly upsert: StatementSyncInstance;
  /** The runs that there are entries of: asking SQLite takes a lock for each question. */
  private readonly hashes: Set<string>;

  private constructor(
    private readonly database: DatabaseSyncInstance,
    /** Where the damaged ledger lies whose place this one takes. */
    readonly damaged: string | undefined,
  ) {
    this.select = database.prepare(
      `SELECT run_id AS run_id, source AS source, revision AS revision, inputs AS inputs, properties AS properties,
              pending AS pending, review_at AS review_at, experiment_id AS experiment_id, active AS active,
              deleted AS deleted, growth AS growth, unindexed AS unindexed, unread AS unread, awaited AS awaited
       FROM runs WHERE hash = ?`,
    );
    this.upsert = database.prepare(
      `INSERT OR REPLACE INTO runs (hash, run_id, source, revision, inputs, properties, pending, review_at,
                                    experiment_id, active, deleted, growth, unindexed, unread, awaited)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const rows = database.prepare('SELECT hash AS hash FROM runs').all() as unknown as { hash: string }[];
    this.hashes = new Set(rows.map(({ hash }) => hash));
  }

  /** Opens the ledger, or begins one; see {@link openLedgerFile}. */
  static open(file: string): Ledger {
    return openLedgerFile(file, (database, damaged) => new Ledger(database, damaged));
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
      ...(row.growth !== null && { growth: String(row.growth) }),
      ...(row.unindexed === 1 && { unindexed: true }),
      ...(row.unread !== null && parse<UnreadColumn>(row.unread)),
      ...(row.awaited !== null && { awaited: String(row.awaited) }),
    };
  }

  /** Where the runs of a source lie. Nothing may be written while they are taken. */
  *places(source: string): Generator<LedgerPlace> {
    const rows = this.database
      .prepare('SELECT hash AS hash, experiment_id AS experiment_id FROM runs WHERE source = ?')
      .iterate(source) as Iterable<{ hash: string; experiment_id: string | null }>;
    for (const { hash, experiment_id } of rows) {
      yield { hash, ...(experiment_id !== null && { experimentId: experiment_id }) };
    }
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
    const { hash, runId, source, revision, inputs, properties, pending, reviewAt, growth, unindexed } = entry;
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
      reviewAt === null ? null : Math.min(reviewAt, Number.MAX_SAFE_INTEGER), // SQLite gives back no larger number
      ...state,
      entry.deleted ?? null,
      growth ?? null,
      unindexed ? 1 : 0,
      unreadColumn(entry),
      entry.awaited ?? null,
    );
  }

  /** The runs whose index entries are not up to date. */
  unindexed(): string[] {
    const rows = this.database.prepare('SELECT hash AS hash FROM runs WHERE unindexed = 1 ORDER BY hash').all();
    return (rows as { hash: string }[]).map(({ hash }) => hash);
  }

  /** Takes note that the index entries of these runs have come up to date. */
  markIndexed(hashes: readonly string[]): void {
    if (hashes.length === 0) return;
    const mark = this.database.prepare('UPDATE runs SET unindexed = 0 WHERE hash = ?');
    inTransaction(this.database, 'BEGIN', () => {
      for (const hash of hashes) mark.run(hash);
    });
  }

  /** The runs, of whatever source, of which something could not be read. Nothing may be written while they are taken. */
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

/** The parts and places of a run that is incomplete, as one column. */
type UnreadColumn = Pick<LedgerEntry, 'unread' | 'places'>;

function unreadColumn({ unread = [], places = {} }: UnreadColumn): string | null {
  if (unread.length === 0) return null;
  return JSON.stringify({ unread: unread.slice(0, UNREAD_KEPT), places });
}

/** Undefined for what a damaged page has made of them: the run is then as good as unknown. */
function parse<T extends object>(text: unknown): T | undefined {
  try {
    return JSON.parse(String(text)) as T;
  } catch {
    return undefined;
  }
}
