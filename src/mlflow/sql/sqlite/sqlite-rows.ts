import type { RunRows } from '../database.js';
import type { AdaptivePageSize } from './adaptive-page-size.js';
import type { SqliteCell, SqliteConnection } from './sqlite-connection.js';

/** Beyond all rowids that are in use. */
export const LAST_ROWID = Number.MAX_SAFE_INTEGER;

/** The indexes of the table metrics, as SQL names. */
export interface MetricIndexes {
  /** The one on run_uuid alone, by which a run's rows come in the order of their rowids; MLflow ≥ 1.25. */
  readonly run?: string;
  /** The one on (run_uuid, key, step); MLflow ≥ 3.12. */
  readonly metric?: string;
}

/** A condition beside the run, and the grouping. */
export interface PageQuery {
  readonly columns: string;
  readonly condition?: string;
  readonly parameters?: readonly string[];
}

/**
 * The rows of the table metrics in pages, each by statements that look at a bounded number of rows. Rows are only ever added, and get
 * ascending rowids, so "up to this rowid" is a state of the database that stays while training goes on.
 */
export class SqliteRows {
  readonly connection: SqliteConnection;
  #indexes: Promise<MetricIndexes> | undefined;

  constructor(connection: SqliteConnection) {
    this.connection = connection;
  }

  /** A run's rows page by page, in the order in which they were written; `pace` says how many are looked at for one. */
  async *pages(
    rows: RunRows,
    { columns, condition = '', parameters = [] }: PageQuery,
    pace: AdaptivePageSize,
    signal: AbortSignal,
  ): AsyncGenerator<SqliteCell[][], void, void> {
    const { run } = await this.indexes(signal);
    const sql = `SELECT ${columns} FROM metrics ${run === undefined ? 'NOT INDEXED' : `INDEXED BY ${run}`}
      WHERE run_uuid = ? AND rowid > ? AND rowid <= ? ${condition}`;
    const { took } = pace;
    let from = (rows.from ?? 1) - 1;
    for await (const to of this.boundaries(rows.runId, from, rows.to ?? LAST_ROWID, pace, signal)) {
      yield await this.connection.all(sql, [rows.runId, from, to, ...parameters], signal, { took });
      from = to;
    }
  }

  /** The last rowid of each page between two rowids; without a run or an index on runs, pages of all runs together. */
  async *boundaries(
    runId: string | undefined,
    from: number,
    to: number,
    pace: AdaptivePageSize,
    signal: AbortSignal,
  ): AsyncGenerator<number, void, void> {
    const { run } = await this.indexes(signal);
    const indexed = run !== undefined && runId !== undefined;
    const source = indexed ? `metrics INDEXED BY ${run} WHERE run_uuid = ? AND` : 'metrics NOT INDEXED WHERE';
    const sql = `SELECT max(rowid) FROM (SELECT rowid FROM ${source} rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?)`;
    for (let last = from; last < to; ) {
      const parameters = [...(indexed ? [runId] : []), last, to, pace.size];
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
