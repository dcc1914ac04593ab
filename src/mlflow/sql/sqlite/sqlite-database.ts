import { ConvertError } from '../../../errors.js';
import type { PointBatch } from '../../../model.js';
import { type Catalog, CatalogTables } from '../catalog.js';
import {
  type Database,
  type MetricStats,
  type Query,
  type Row,
  type RunRows,
  runsCondition,
  type WhichRuns,
} from '../database.js';
import type { SqliteAddress } from '../database-uri.js';
import type { MetricCursors } from '../metric-cursor.js';
import type { MetricTable } from '../metric-table.js';
import { type SqliteCell, SqliteConnection } from './sqlite-connection.js';
import { SqliteMetricStats } from './sqlite-metric-stats.js';
import { SqliteMetrics } from './sqlite-metrics.js';
import { SqliteRows } from './sqlite-rows.js';

/** The rows of `runs` that one statement visits. */
const RUNS_PER_STATEMENT = 20_000;

/**
 * A SQLite database that others may be writing to. No transaction stays open, and no statement reads more than a few thousand
 * rows: in rollback-journal mode, which is MLflow's, a reader keeps writers from committing.
 */
export class SqliteDatabase implements Database {
  readonly uri: string;
  readonly page = 200;
  readonly file: string;
  readonly #connection: SqliteConnection;
  readonly #metricStats: SqliteMetricStats;
  readonly #metrics: SqliteMetrics;

  constructor(address: SqliteAddress) {
    this.#connection = new SqliteConnection(address);
    this.uri = this.#connection.uri;
    this.file = this.#connection.path;
    const rows = new SqliteRows(this.#connection);
    this.#metricStats = new SqliteMetricStats(rows);
    this.#metrics = new SqliteMetrics(rows);
  }

  /**
   * Whoever can read the file can read all of it. Throws a `fatal` error if one of the tables is a view or a virtual table: MLflow
   * has none, and there is no bound on what they compute.
   */
  async catalog(tables: readonly string[], signal: AbortSignal): Promise<Catalog> {
    const found = new CatalogTables();
    for (const table of tables) {
      await this.#refuseComputed(table, signal);
      const rows = await this.#connection.all('SELECT lower(name) FROM pragma_table_info(?)', [table], signal);
      for (const [name] of rows) found.add(table, String(name), true);
    }
    return { tables: found.tables, grant: () => '' };
  }

  async #refuseComputed(table: string, signal: AbortSignal): Promise<void> {
    const sql = 'SELECT 1 FROM sqlite_schema WHERE lower(name) = ? AND (type = ? OR type = ? AND rootpage = 0)';
    const rows = await this.#connection.all(sql, [table, 'view', 'table'], signal);
    if (rows.length === 0) return;
    throw new ConvertError(
      'fatal',
      'not-mlflow',
      `In the SQLite database ${this.file}, ${table} is a view or a virtual table.`,
      {
        where: this.file,
        hint: 'Only tables are read. Give the database that MLflow tracks into.',
      },
    );
  }

  /** The binding cuts texts off at the first NUL. */
  text(column: string): string {
    return `CASE WHEN instr(${column}, char(0)) THEN CAST(${column} AS BLOB) ELSE ${column} END`;
  }

  async snapshot<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T> {
    return work(async (sql, parameters = []) => {
      const rows = await this.#connection.all(sql, parameters, signal, { integers: 'bigint' });
      return rows.map((row): Row => row.map(asText));
    });
  }

  /** In the order in which they were created: there is no index on an experiment's runs. */
  async *runIds(
    experimentId: string,
    which: WhichRuns,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[], void, void> {
    const boundary = `SELECT max(rowid) FROM (SELECT rowid FROM runs WHERE rowid > ? ORDER BY rowid LIMIT ${RUNS_PER_STATEMENT})`;
    const sql = `SELECT run_uuid FROM runs WHERE rowid > ? AND rowid <= ? AND experiment_id = ? ${runsCondition(which)}
      ORDER BY rowid`;
    let ids: string[] = [];
    for (let from = 0; ; ) {
      const [[to] = []] = await this.#connection.all(boundary, [from], signal);
      if (typeof to !== 'number') break;
      const rows = await this.#connection.all(sql, [from, to, experimentId], signal);
      from = to;
      for (const [id] of rows) {
        ids.push(String(id));
        if (ids.length < this.page) continue;
        yield ids;
        ids = [];
      }
    }
    if (ids.length > 0) yield ids;
  }

  metricStats(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricStats>> {
    return this.#metricStats.of(runIds, signal);
  }

  counts(rows: RunRows, signal: AbortSignal): Promise<Map<string, number>> {
    return this.#metrics.counts(rows, signal);
  }

  load(rows: RunRows, keys: readonly string[] | undefined, into: MetricTable, signal: AbortSignal): Promise<void> {
    return this.#metrics.load(rows, keys, into, signal);
  }

  added(
    rows: RunRows,
    cursors: MetricCursors,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    return this.#metrics.added(rows, cursors, into, signal);
  }

  stream(rows: RunRows, key: string, signal: AbortSignal): AsyncIterable<PointBatch> {
    return this.#metrics.stream(rows, key, signal);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

function asText(cell: SqliteCell): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('utf8') : String(cell);
}
