import type { PointBatch } from '../../../model.js';
import { BATCH_POINTS } from '../../file/point-columns.js';
import type { MetricMark, RunRows } from '../database.js';
import { MetricColumns } from '../metric-columns.js';
import type { MetricTable } from '../metric-table.js';
import type { SqliteCell, SqliteConnection } from './sqlite-connection.js';

/** Rows that become JavaScript values in one statement: some milliseconds. */
const ROWS_AT_ONCE = 4000;
/** Rows that are only counted in one statement. */
const COUNTED_AT_ONCE = 20_000;
/** Entries of an index that are only counted. */
const ENTRIES_AT_ONCE = 100_000;

const LARGEST = Number.MAX_SAFE_INTEGER;
/** int64 as a number where that is exact, else as its digits. */
const STEP = `CASE WHEN step BETWEEN -${LARGEST} AND ${LARGEST} THEN step ELSE CAST(step AS TEXT) END`;
const POINT = `CAST(timestamp AS REAL), CASE WHEN is_nan THEN NULL ELSE value END, ${STEP}`;

interface Indexes {
  /** The one on run_uuid alone, by which a run's rows come in the order of their rowids; MLflow ≥ 1.25. */
  readonly run?: string;
  /** The one on (run_uuid, key, step); MLflow ≥ 3.12. */
  readonly metric?: string;
}

/**
 * The metric rows of a SQLite database, in pages: each statement looks at a bounded number of rows. Rows are only ever added,
 * and get ascending rowids, so "up to this rowid" is a state of the database that stays while training goes on.
 */
export class SqliteMetrics {
  readonly #connection: SqliteConnection;
  #indexes: Promise<Indexes> | undefined;
  /** Without an index: the marks of all runs, from one scan of the table. */
  #scanned: { readonly to: number; readonly marks: Map<string, MetricMark> } | undefined;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async marks(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricMark>> {
    const { run } = await this.#indexed(signal);
    if (run === undefined) return this.#scan(signal);
    const marks = new Map<string, MetricMark>();
    for (const runId of runIds) marks.set(runId, await this.#mark(runId, run, signal));
    return marks;
  }

  async #mark(runId: string, index: string, signal: AbortSignal): Promise<MetricMark> {
    const sql = `SELECT count(*), min(rowid), max(rowid) FROM (SELECT rowid FROM metrics INDEXED BY ${index}
      WHERE run_uuid = ? AND rowid > ? ORDER BY rowid LIMIT ${ENTRIES_AT_ONCE})`;
    const mark = { points: 0, from: 0, to: 0 };
    for (;;) {
      const [[count, first, last] = []] = await this.#connection.all(sql, [runId, mark.to], signal);
      if (typeof last !== 'number') return mark;
      if (mark.points === 0) mark.from = Number(first);
      mark.points += Number(count);
      mark.to = last;
      if (Number(count) < ENTRIES_AT_ONCE) return mark;
    }
  }

  /** The whole table once; afterwards only what has been added, unless rows have gone. */
  async #scan(signal: AbortSignal): Promise<Map<string, MetricMark>> {
    const [[highest] = []] = await this.#connection.all('SELECT max(rowid) FROM metrics', [], signal);
    const known = this.#scanned !== undefined && Number(highest ?? 0) >= this.#scanned.to ? this.#scanned : undefined;
    const marks = new Map(known?.marks);
    const sql = `SELECT run_uuid, count(*), min(rowid), max(rowid) FROM metrics NOT INDEXED
      WHERE rowid > ? AND rowid <= ? GROUP BY run_uuid`;
    let from = known?.to ?? 0;
    for await (const to of this.#boundaries(undefined, from, LARGEST, COUNTED_AT_ONCE, signal)) {
      for (const [id, count, first, last] of await this.#connection.all(sql, [from, to], signal)) {
        const before = marks.get(String(id)) ?? { points: 0, from: Number(first), to: 0 };
        marks.set(String(id), { ...before, points: before.points + Number(count), to: Number(last) });
      }
      from = to;
    }
    this.#scanned = { to: from, marks };
    return marks;
  }

  async counts(rows: RunRows, signal: AbortSignal): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for await (const page of this.#pages(rows, '"key", count(*)', 'GROUP BY "key"', [], COUNTED_AT_ONCE, signal)) {
      for (const [key, count] of page) counts.set(String(key), (counts.get(String(key)) ?? 0) + Number(count));
    }
    return counts;
  }

  async load(
    rows: RunRows,
    keys: readonly string[] | undefined,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<void> {
    const { metric } = await this.#indexed(signal);
    if (keys === undefined) {
      for await (const page of this.#pages(rows, `${POINT}, "key"`, '', [], ROWS_AT_ONCE, signal)) {
        for (const row of page) push(into.of(String(row[3])), row);
      }
    } else if (metric !== undefined) {
      for (const key of keys) await this.#loadByStep(rows, key, metric, into.of(key), signal);
    } else {
      const wanted = `AND "key" IN (SELECT value FROM json_each(?))`;
      const list = [JSON.stringify(keys)];
      for await (const page of this.#pages(rows, `${POINT}, "key"`, wanted, list, ROWS_AT_ONCE, signal)) {
        for (const row of page) push(into.of(String(row[3])), row);
      }
    }
  }

  /** One metric through the index (run_uuid, key, step), which ends in the rowid. */
  async #loadByStep(
    rows: RunRows,
    key: string,
    index: string,
    into: MetricColumns,
    signal: AbortSignal,
  ): Promise<void> {
    const select = `SELECT ${POINT}, CAST(step AS TEXT), rowid FROM metrics INDEXED BY ${index}
      WHERE run_uuid = ? AND "key" = ?`;
    const order = `ORDER BY step, rowid LIMIT ${ROWS_AT_ONCE}`;
    const next = `${select} AND (step, rowid) > (CAST(? AS INTEGER), ?) ${order}`;
    let page = await this.#connection.all(`${select} ${order}`, [rows.runId, key], signal);
    for (;;) {
      for (const row of page) if (Number(row[4]) <= (rows.to ?? LARGEST)) push(into, row);
      const [, , , step, rowid] = page.at(-1) ?? [];
      if (page.length < ROWS_AT_ONCE) return;
      page = await this.#connection.all(next, [rows.runId, key, String(step), Number(rowid)], signal);
    }
  }

  /**
   * The primary key begins with (key, timestamp, step), for all runs together: its entries in the span of time of this run
   * come sorted, those of other runs among them are passed over.
   */
  async *stream(rows: RunRows, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const span = await this.#span(rows, key, signal);
    if (span === undefined) return;
    // up to a rowid, what comes is the same however often one asks, and may be counted off
    const select = `SELECT CAST(timestamp AS REAL), CASE WHEN is_nan THEN NULL ELSE value END, ${STEP}, run_uuid = ?,
      CAST(timestamp AS TEXT) FROM metrics WHERE "key" = ? AND rowid <= ?`;
    const order = `ORDER BY timestamp, step, run_uuid, value, is_nan LIMIT ${ROWS_AT_ONCE}`;
    const later = `${select} AND timestamp > CAST(? AS INTEGER) AND timestamp <= CAST(? AS INTEGER) ${order}`;
    const sameTime = `${select} AND timestamp = CAST(? AS INTEGER) ${order} OFFSET ?`;
    const common = [rows.runId, key, rows.to ?? LARGEST];
    const columns = new MetricColumns(BATCH_POINTS);
    let time = (BigInt(span.first) - 1n).toString();
    let seen = 0;
    const take = (page: SqliteCell[][]): void => {
      for (const row of page) {
        if (row[3] === 1) push(columns, row);
        if (row[4] !== time) [time, seen] = [String(row[4]), 0];
        seen++;
      }
    };
    for (let more = true; more; ) {
      let page = await this.#connection.all(later, [...common, time, span.last], signal);
      more = page.length > 0;
      take(page);
      // a page may have ended among many points of one time
      while (page.length === ROWS_AT_ONCE) {
        if (columns.length > BATCH_POINTS - ROWS_AT_ONCE) {
          yield* columns.batches();
          columns.clear();
        }
        page = await this.#connection.all(sameTime, [...common, time, seen], signal);
        take(page);
      }
    }
    yield* columns.batches();
  }

  async #span(rows: RunRows, key: string, signal: AbortSignal) {
    let span: { first: string; last: string } | undefined;
    const columns = 'CAST(min(timestamp) AS TEXT), CAST(max(timestamp) AS TEXT)';
    for await (const [[min, max] = []] of this.#pages(rows, columns, 'AND "key" = ?', [key], COUNTED_AT_ONCE, signal)) {
      if (typeof min !== 'string' || typeof max !== 'string') continue;
      span = {
        first: span === undefined || BigInt(min) < BigInt(span.first) ? min : span.first,
        last: span === undefined || BigInt(max) > BigInt(span.last) ? max : span.last,
      };
    }
    return span;
  }

  /** A run's rows in pages of so many rows, in the order in which they were written. */
  async *#pages(
    rows: RunRows,
    columns: string,
    condition: string,
    parameters: readonly string[],
    size: number,
    signal: AbortSignal,
  ): AsyncGenerator<SqliteCell[][], void, void> {
    const { run } = await this.#indexed(signal);
    const sql = `SELECT ${columns} FROM metrics ${run === undefined ? 'NOT INDEXED' : `INDEXED BY ${run}`}
      WHERE run_uuid = ? AND rowid > ? AND rowid <= ? ${condition}`;
    let from = (rows.from ?? 1) - 1;
    for await (const to of this.#boundaries(rows.runId, from, rows.to ?? LARGEST, size, signal)) {
      yield await this.#connection.all(sql, [rows.runId, from, to, ...parameters], signal);
      from = to;
    }
  }

  /** The last rowid of each page between two rowids; without an index on runs, pages of all runs together. */
  async *#boundaries(
    runId: string | undefined,
    from: number,
    to: number,
    size: number,
    signal: AbortSignal,
  ): AsyncGenerator<number, void, void> {
    const { run } = await this.#indexed(signal);
    const indexed = run !== undefined && runId !== undefined;
    const source = indexed ? `metrics INDEXED BY ${run} WHERE run_uuid = ? AND` : 'metrics NOT INDEXED WHERE';
    const sql = `SELECT max(rowid) FROM (SELECT rowid FROM ${source} rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ${size})`;
    for (let last = from; last < to; ) {
      const [[next] = []] = await this.#connection.all(sql, [...(indexed ? [runId] : []), last, to], signal);
      if (typeof next !== 'number') return;
      last = next;
      yield last;
    }
  }

  #indexed(signal: AbortSignal): Promise<Indexes> {
    this.#indexes ??= this.#findIndexes(signal).catch((cause: unknown) => {
      this.#indexes = undefined;
      throw cause;
    });
    return this.#indexes;
  }

  async #findIndexes(signal: AbortSignal): Promise<Indexes> {
    const sql = `SELECT l.name, group_concat(lower(i.name), ' ') FROM pragma_index_list('metrics') l,
      pragma_index_info(l.name) i WHERE NOT l.partial GROUP BY l.name ORDER BY l.name, i.seqno`;
    const found = new Map((await this.#connection.all(sql, [], signal)).map(([name, columns]) => [columns, name]));
    const quoted = (columns: string): string | undefined => {
      const name = found.get(columns);
      return typeof name === 'string' ? `"${name.replaceAll('"', '""')}"` : undefined;
    };
    const [run, metric] = [quoted('run_uuid'), quoted('run_uuid key step')];
    return { ...(run !== undefined && { run }), ...(metric !== undefined && { metric }) };
  }
}

/** @param row timestamp, value or null for NaN, step */
function push(into: MetricColumns, row: readonly SqliteCell[]): void {
  const [timestamp, value, step] = row;
  into.push(
    Number(timestamp),
    typeof value === 'number' ? value : Number.NaN,
    typeof step === 'number' ? step : String(step),
  );
}
