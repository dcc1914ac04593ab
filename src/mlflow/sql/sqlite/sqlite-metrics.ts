import type { PointBatch } from '../../../model.js';
import { BATCH_POINTS } from '../../common/point-buffer.js';
import type { RunRows } from '../database.js';
import { MetricColumns } from '../metric-columns.js';
import type { MetricCursors } from '../metric-cursor.js';
import type { MetricTable } from '../metric-table.js';
import { AdaptivePageSize } from './adaptive-page-size.js';
import type { SqliteCell, SqliteConnection } from './sqlite-connection.js';
import { LAST_ROWID, type SqliteRows } from './sqlite-rows.js';

/** The most rows to read in one statement, and the most to count. */
const MAX_ROWS = 16_384;
const MAX_COUNTED = 50_000;

/** An int64 as a number if that is exact, otherwise as its digits. */
const EXACT = Number.MAX_SAFE_INTEGER;
const STEP = `CASE WHEN step BETWEEN -${EXACT} AND ${EXACT} THEN step ELSE CAST(step AS TEXT) END`;
const POINT = `CAST(timestamp AS REAL), CASE WHEN is_nan THEN NULL ELSE value END, ${STEP}`;

/** A metric of all runs: a {@link POINT}, whether it is of this run, and its time. */
const BY_TIME = `SELECT ${POINT}, run_uuid = ?, CAST(timestamp AS TEXT) FROM metrics WHERE "key" = ? AND rowid <= ?`;
const OF_THIS_RUN = 3;
const TIME_TEXT = 4;

/** The first and the last time of a metric, as int64 digits. */
interface TimeSpan {
  readonly first: string;
  readonly last: string;
}

/** Reads the points of a SQLite database's runs, with statements of a few tens of milliseconds at most. */
export class SqliteMetrics {
  readonly #rows: SqliteRows;
  readonly #connection: SqliteConnection;
  readonly #reading = new AdaptivePageSize(2000, MAX_ROWS);
  readonly #counting = new AdaptivePageSize(5000, MAX_COUNTED);

  constructor(rows: SqliteRows) {
    this.#rows = rows;
    this.#connection = rows.connection;
  }

  async counts(rows: RunRows, signal: AbortSignal): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    const query = { columns: '"key", count(*)', condition: 'GROUP BY "key"' };
    for await (const page of this.#rows.pages(rows, query, this.#counting, signal)) {
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
    const { run, metric } = await this.#rows.indexes(signal);
    if (keys === undefined && run !== undefined) return this.#loadRun(rows, run, into, signal);
    if (keys !== undefined && metric !== undefined) {
      for (const key of keys) await this.#loadMetric(rows, key, metric, into.of(key), signal);
      return;
    }
    const columns = `${POINT}, "key"`;
    const condition = 'AND "key" IN (SELECT value FROM json_each(?))';
    const query = keys === undefined ? { columns } : { columns, condition, parameters: [JSON.stringify(keys)] };
    for await (const page of this.#rows.pages(rows, query, this.#reading, signal)) {
      for (const row of page) push(into.of(String(row[3])), row);
    }
  }

  /**
   * Reads the rows after the last known rowid. VACUUM renumbers rows from 1, in their order, which leaves too few of them after
   * that rowid.
   */
  async added(
    rows: RunRows,
    cursors: MetricCursors,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    let last = 0;
    let missing = rows.points;
    for (const { rowid, points } of cursors.values()) {
      if (rowid === undefined) return undefined;
      last = Math.max(last, rowid);
      missing -= points;
    }
    await this.load({ ...rows, from: Math.max(last + 1, rows.from ?? 0) }, undefined, into, signal);
    const more = new Map(into.keys.map((key) => [key, into.of(key).length]));
    for (const count of more.values()) missing -= count;
    return missing === 0 ? more : undefined;
  }

  /** Reads a whole run along the index on run_uuid, whose entries end with the rowid. */
  async #loadRun(rows: RunRows, index: string, into: MetricTable, signal: AbortSignal): Promise<void> {
    const sql = `SELECT ${POINT}, "key", rowid FROM metrics INDEXED BY ${index}
      WHERE run_uuid = ? AND rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?`;
    let from = (rows.from ?? 1) - 1;
    for (let more = true; more; ) {
      const { size } = this.#reading;
      const parameters = [rows.runId, from, rows.to ?? LAST_ROWID, size];
      const page = await this.#connection.all(sql, parameters, signal, this.#reading);
      for (const row of page) push(into.of(String(row[3])), row);
      from = Number(page.at(-1)?.[4]);
      more = page.length === size;
    }
  }

  /** Reads one metric along the index on (run_uuid, key, step), whose entries end with the rowid. */
  async #loadMetric(
    rows: RunRows,
    key: string,
    index: string,
    into: MetricColumns,
    signal: AbortSignal,
  ): Promise<void> {
    const select = `SELECT ${POINT}, CAST(step AS TEXT), rowid FROM metrics INDEXED BY ${index}
      WHERE run_uuid = ? AND "key" = ?`;
    const next = 'AND (step, rowid) > (CAST(? AS INTEGER), ?)';
    let after: (string | number)[] = [];
    for (let more = true; more; ) {
      const { size } = this.#reading;
      const sql = `${select} ${after.length === 0 ? '' : next} ORDER BY step, rowid LIMIT ?`;
      const page = await this.#connection.all(sql, [rows.runId, key, ...after, size], signal, this.#reading);
      for (const row of page) if (Number(row[4]) <= (rows.to ?? LAST_ROWID)) push(into, row);
      const [, , , step, rowid] = page.at(-1) ?? [];
      after = [String(step), Number(rowid)];
      more = page.length === size;
    }
  }

  /**
   * Reads along the primary key, which begins with (key, timestamp, step) and contains all runs: within the time span of this run
   * its entries come sorted, and those of other runs are skipped.
   */
  async *stream(rows: RunRows, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const span = await this.#span(rows, key, signal);
    if (span === undefined) return;
    const columns = new MetricColumns(BATCH_POINTS);
    for await (const page of this.#pagesByTime(rows, key, span, signal)) {
      for (const row of page) if (row[OF_THIS_RUN] === 1) push(columns, row);
      if (columns.length < BATCH_POINTS) continue;
      yield* columns.batches();
      columns.clear();
    }
    yield* columns.batches();
  }

  /** Pages of a metric of all runs, sorted by time. A page that ends within one time is followed by the rest of that time. */
  async *#pagesByTime(
    rows: RunRows,
    key: string,
    { first, last }: TimeSpan,
    signal: AbortSignal,
  ): AsyncGenerator<SqliteCell[][], void, void> {
    const order = 'ORDER BY timestamp, step, run_uuid, value, is_nan LIMIT ?';
    const later = `${BY_TIME} AND timestamp > CAST(? AS INTEGER) AND timestamp <= CAST(? AS INTEGER) ${order}`;
    // up to a rowid, the rows of one time stay the same, and can be counted off
    const sameTime = `${BY_TIME} AND timestamp = CAST(? AS INTEGER) ${order} OFFSET ?`;
    const common = [rows.runId, key, rows.to ?? LAST_ROWID];
    let time = (BigInt(first) - 1n).toString();
    let seen = 0; // rows of this time
    let withinTime = false;
    for (;;) {
      const { size } = this.#reading;
      const page: SqliteCell[][] = withinTime
        ? await this.#connection.all(sameTime, [...common, time, size, seen], signal, this.#reading)
        : await this.#connection.all(later, [...common, time, last, size], signal, this.#reading);
      if (page.length === 0 && !withinTime) return;
      const end = String(page.at(-1)?.[TIME_TEXT] ?? time);
      const ofEnd = page.length - page.findIndex((row) => row[TIME_TEXT] === end);
      seen = end === time ? seen + page.length : ofEnd;
      time = end;
      withinTime = page.length === size;
      yield page;
    }
  }

  async #span(rows: RunRows, key: string, signal: AbortSignal): Promise<TimeSpan | undefined> {
    let span: TimeSpan | undefined;
    const columns = 'CAST(min(timestamp) AS TEXT), CAST(max(timestamp) AS TEXT)';
    const query = { columns, condition: 'AND "key" = ?', parameters: [key] };
    for await (const [[min, max] = []] of this.#rows.pages(rows, query, this.#counting, signal)) {
      if (typeof min !== 'string' || typeof max !== 'string') continue;
      span = {
        first: span === undefined || BigInt(min) < BigInt(span.first) ? min : span.first,
        last: span === undefined || BigInt(max) > BigInt(span.last) ? max : span.last,
      };
    }
    return span;
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
