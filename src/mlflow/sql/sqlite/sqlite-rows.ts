import type { RunRows } from '../database.js';
import type { AdaptivePageSize } from './adaptive-page-size.js';
import type { SqliteCell, SqliteConnection } from './sqlite-connection.js';

/** No rowid is higher. */
export const LAST_ROWID = Number.MAX_SAFE_INTEGER;

/** The names of the indexes on the table metrics, quoted for SQL. */
export interface MetricIndexes {
  /** On run_uuid alone: returns a run's rows ordered by rowid; MLflow ≥ 1.25. */
  readonly run?: string;
  /** On (run_uuid, key, step); MLflow ≥ 3.12. */
  readonly metric?: string;
}

/** What to read of a run's rows: SQL, and a condition besides the run with its parameters and grouping. */
export interface PageQuery {
  readonly columns: string;
  readonly condition?: string;
  readonly parameters?: readonly string[];
}

/** Rows of the table metrics with rowids above `from`, up to `to`; of one run, or of all. */
export interface RowidRange {
  readonly runId?: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads the table metrics page by page, with statements that visit a bounded number of rows. Rows are only ever added, with ascending
 * rowids, so "up to this rowid" is a state of the database that stays the same while training continues.
 */
export class SqliteRows {
  readonly connection: SqliteConnection;
  #indexes: Promise<MetricIndexes> | undefined;

  constructor(connection: SqliteConnection) {
    this.connection = connection;
  }

  /** A run's rows page by page, in the order in which they were written; `pageSize` bounds the rows visited per page. */
  async *pages(
    rows: RunRows,
    { columns, condition = '', parameters = [] }: PageQuery,
    pageSize: AdaptivePageSize,
    signal: AbortSignal,
  ): AsyncGenerator<SqliteCell[][], void, void> {
    const { run } = await this.indexes(signal);
    const sql = `SELECT ${columns} FROM metrics ${run === undefined ? 'NOT INDEXED' : `INDEXED BY ${run}`}
      WHERE run_uuid = ? AND rowid > ? AND rowid <= ? ${condition}`;
    let from = (rows.from ?? 1) - 1;
    for await (const to of this.boundaries({ runId: rows.runId, from, to: rows.to ?? LAST_ROWID }, pageSize, signal)) {
      yield await this.connection.all(sql, [rows.runId, from, to, ...parameters], signal, pageSize);
      from = to;
    }
  }

  /** The last rowid of each page. Without a run, or without an index on runs, pages contain rows of all runs. */
  async *boundaries(
    { runId, from, to }: RowidRange,
    pageSize: AdaptivePageSize,
    signal: AbortSignal,
  ): AsyncGenerator<number, void, void> {
    const { run } = await this.indexes(signal);
    const indexed = run !== undefined && runId !== undefined;
    const source = indexed ? `metrics INDEXED BY ${run} WHERE run_uuid = ? AND` : 'metrics NOT INDEXED WHERE';
    const sql = `SELECT max(rowid) FROM (SELECT rowid FROM ${source} rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?)`;
    for (let last = from; last < to; ) {
      const parameters = [...(indexed ? [runId] : []), last, to, pageSize.size];
      const [[next] = []] = await this.connection.all(sql, parameters, signal);
      if (typeof next !== 'number') return;
      last = next;
      yield last;
    }
  }

  indexes(signal: AbortSignal): Promise<MetricIndexes> {
    this.#indexes ??= this.#findIndexes(signal).catch((cause: unknown) => {
      this.#indexes = undefined;
      throw cause;
    });
    return this.#indexes;
  }

  async #findIndexes(signal: AbortSignal): Promise<MetricIndexes> {
    const sql = `SELECT l.name, group_concat(lower(i.name), ' ') FROM pragma_index_list('metrics') l,
      pragma_index_info(l.name) i WHERE NOT l.partial GROUP BY l.name ORDER BY l.name, i.seqno`;
    const found = new Map((await this.connection.all(sql, [], signal)).map(([name, columns]) => [columns, name]));
    const quoted = (columns: string): string | undefined => {
      const name = found.get(columns);
      return typeof name === 'string' ? `"${name.replaceAll('"', '""')}"` : undefined;
    };
    const [run, metric] = [quoted('run_uuid'), quoted('run_uuid key step')];
    return { ...(run !== undefined && { run }), ...(metric !== undefined && { metric }) };
  }
}
