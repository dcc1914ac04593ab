import type { PointBatch } from '../../model.js';
import type { Catalog } from './catalog.js';
import type { MetricCursors } from './metric-cursor.js';
import type { MetricTable } from './metric-table.js';

/** One row of a header query, every value as the text that the database makes of it. */
export type Row = readonly (string | null)[];

/** Runs a query with `?` for parameters and `"name"` for identifiers. For results of some thousand rows at most. */
export type Query = (sql: string, parameters?: readonly string[]) => Promise<Row[]>;

/** `going`: those that are RUNNING or SCHEDULED. */
export type WhichRuns = 'all' | 'going';

/** A condition on the table runs. */
export function runsCondition(which: WhichRuns): string {
  return which === 'all' ? '' : "AND status IN ('RUNNING', 'SCHEDULED')";
}

/** How many metric rows a run has, and which, as far as the database can tell. */
export interface MetricStats {
  readonly points: number;
  /** SQLite: the lowest and highest rowid of the run's rows; both 0 when there are none. */
  readonly from?: number;
  readonly to?: number;
}

/** The metric rows of one run: of a live SQLite database, those up to the mark. */
export interface RunRows extends MetricStats {
  readonly runId: string;
}

/**
 * What differs between the databases that MLflow can track into. Everything is read only. An aborted signal rejects with
 * its reason at the next await; errors are {@link ConvertError}s without credentials.
 */
export interface Database {
  /** The tracking URI without credentials. */
  readonly uri: string;

  /** The absolute path of the file that was opened; absent for a server. */
  readonly file?: string;

  /** Ids asked for in one query of a set of runs. */
  readonly page: number;

  /** Which of these tables there are, and what of them may be read. */
  catalog(tables: readonly string[], signal: AbortSignal): Promise<Catalog>;

  /** SQL for a text column that may hold anything that Python wrote into it. */
  text(column: string): string;

  /**
   * Some queries that see the same state of the database. SQLite is the exception: it would have to be locked meanwhile,
   * so each query sees its own, later one.
   */
  snapshot<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T>;

  /** The ids of an experiment's runs, {@link page} at a time, in a stable order. */
  runIds(experimentId: string, which: WhichRuns, signal: AbortSignal): AsyncIterable<readonly string[]>;

  /** The marks of runs. A run without metric rows may be missing. */
  marks(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricStats>>;

  /** How many points each metric of a run has. */
  counts(rows: RunRows, signal: AbortSignal): Promise<Map<string, number>>;

  /** Adds the points of these metrics (of all, without `keys`) to the table, in no particular order. */
  load(rows: RunRows, keys: readonly string[] | undefined, into: MetricTable, signal: AbortSignal): Promise<void>;

  /**
   * What was added to the metrics of a run behind what is known of them: how many points more each has, which are then
   * in the table (others of the run may be there, too). Undefined where the rows are not those of before and some more.
   */
  added(
    rows: RunRows,
    known: MetricCursors,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number> | undefined>;

  /** One metric in order of (timestamp, step, value), in bounded memory however long it is. */
  stream(rows: RunRows, key: string, signal: AbortSignal): AsyncIterable<PointBatch>;

  /** Gives back connections. */
  close(): Promise<void>;
}

/** `(?, ?, …)` */
export function placeholders(count: number): string {
  return `(${Array.from({ length: count }, () => '?').join(', ')})`;
}
