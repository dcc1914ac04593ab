import type { PointBatch } from '../../model.js';
import type { Catalog } from './catalog.js';
import type { MetricCursors } from './metric-cursor.js';
import type { MetricTable } from './metric-table.js';

/** One row of a header query; every value is the database's text for it. */
export type Row = readonly (string | null)[];

/** Runs a query with `?` for parameters and `"name"` for identifiers. For results of a few thousand rows at most. */
export type Query = (sql: string, parameters?: readonly string[]) => Promise<Row[]>;

/** `active`: RUNNING or SCHEDULED. */
export type WhichRuns = 'all' | 'active';

/** An additional condition for `WHERE` on the table runs; may be empty. */
export function runsCondition(which: WhichRuns): string {
  return which === 'all' ? '' : "AND status IN ('RUNNING', 'SCHEDULED')";
}

/** The number of a run's metric rows and, in SQLite, where they are. */
export interface MetricStats {
  readonly points: number;
  /** SQLite only: the lowest and highest rowid of the run's rows; both 0 if there are none. */
  readonly from?: number;
  readonly to?: number;
}

/** The metric rows of one run; in SQLite, those up to `to`. */
export interface RunRows extends MetricStats {
  readonly runId: string;
}

/**
 * What differs between the databases that MLflow can track into. Read-only. An aborted signal rejects with its reason at the
 * next await; errors are {@link ConvertError}s without credentials.
 */
export interface Database {
  /** The tracking URI without credentials. */
  readonly uri: string;

  /** The absolute path of the file that was opened; absent for a server. */
  readonly file?: string;

  /** The most ids in one query. */
  readonly page: number;

  /** Which of these tables exist, and which of their columns this user may read. */
  catalog(tables: readonly string[], signal: AbortSignal): Promise<Catalog>;

  /** SQL that reads a text column with any characters that Python may have written. */
  text(column: string): string;

  /**
   * Runs queries that see the same state of the database. Not so in SQLite, which would have to be locked meanwhile: there
   * each query sees the state of its own time.
   */
  snapshot<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T>;

  /** Lists the ids of an experiment's runs, {@link page} at a time, in a stable order. */
  runIds(experimentId: string, which: WhichRuns, signal: AbortSignal): AsyncIterable<readonly string[]>;

  /** Counts the metric rows of these runs. A run without any may be missing in the result. */
  metricStats(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricStats>>;

  /** Counts the points of each metric of a run. */
  counts(rows: RunRows, signal: AbortSignal): Promise<Map<string, number>>;

  /** Adds the points of these metrics (of all metrics, if `keys` is undefined) to the table, in no particular order. */
  load(rows: RunRows, keys: readonly string[] | undefined, into: MetricTable, signal: AbortSignal): Promise<void>;

  /**
   * Reads what was added to a run since these cursors. Returns how many points each metric has gained; the table contains
   * those points, and possibly others of the run. Undefined if the rows are not the earlier ones plus new ones.
   */
  added(
    rows: RunRows,
    cursors: MetricCursors,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number> | undefined>;

  /** Reads one metric in the order (timestamp, step, value), in bounded memory however long it is. */
  stream(rows: RunRows, key: string, signal: AbortSignal): AsyncIterable<PointBatch>;

  /** Releases connections. */
  close(): Promise<void>;
}

/** `(?, ?, …)` */
export function placeholders(count: number): string {
  return `(${Array.from({ length: count }, () => '?').join(', ')})`;
}
