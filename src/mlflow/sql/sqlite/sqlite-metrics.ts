import type { PointBatch } from '../../../model.js';
import { BATCH_POINTS } from '../../common/point-buffer.js';
import type { RunRows } from '../database.js';
import { MetricColumns } from '../metric-columns.js';
import type { MetricCursors } from '../metric-cursor.js';
import type { MetricTable } from '../metric-table.js';
import { AdaptivePageSize } from './adaptive-page-size.js';
import type { SqliteCell, SqliteConnection } from './sqlite-connection.js';
import { LAST_ROWID, type SqliteRows } from './sqlite-rows.js';

/** The most rows that become JavaScript values in one statement, and that are only counted. */
const MOST_ROWS = 16_384;
const MOST_COUNTED = 50_000;

/** int64 as a number where that is exact, else as its digits. */
const EXACT = Number.MAX_SAFE_INTEGER;
const STEP = `CASE WHEN step BETWEEN -${EXACT} AND ${EXACT} THEN step ELSE CAST(step AS TEXT) END`;
const POINT = `CAST(timestamp AS REAL), CASE WHEN is_nan THEN NULL ELSE value END, ${STEP}`;

/** The points of a SQLite database's runs, by statements of some tens of milliseconds at most. */
export class SqliteMetrics {
  readonly #rows: SqliteRows;
  readonly #connection: SqliteConnection;
  readonly #reading = new AdaptivePageSize(2000, MOST_ROWS);
  readonly #counting = new AdaptivePageSize(5000, MOST_COUNTED);

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
   * The rows behind the last rowid that is known. VACUUM numbers the rows anew, from 1 and in their order, so that fewer of
   * them than there should be lie behind it.
   */
  async added(
    rows: RunRows,
    known: MetricCursors,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    let last = 0;
    let missing = rows.points;
    for (const { rowid, points } of known.values()) {
      if (rowid === undefined) return undefined;
      last = Math.max(last, rowid);
      missing -= points;
    }
    await this.load({ ...rows, from: Math.max(last + 1, rows.from ?? 0) }, undefined, into, signal);
    const more = new Map(into.keys.map((key) => [key, into.of(key).length]));
    for (const count of more.values()) missing -= count;
    return missing === 0 ? more : undefined;
  }

  /** A whole run through the index on run_uuid, which ends in the rowid. */
  async #loadRun(rows: RunRows, index: string, into: MetricTable, signal: AbortSignal): Promise<void> {
    const sql = `SELECT ${POINT}, "key", rowid FROM metrics INDEXED BY ${index}
      WHERE run_uuid = ? AND rowid > ? AND rowid <= ? ORDER BY rowid LIMIT ?`;
    let from = (rows.from ?? 1) - 1;
    for (let more = true; more; ) {
      const { size, took } = this.#reading;
      const parameters = [rows.runId, from, rows.to ?? LAST_ROWID, size];
      const page = await this.#connection.all(sql, parameters, signal, { took });
      for (const row of page) push(into.of(String(row[3])), row);
      from = Number(page.at(-1)?.[4]);
      more = page.length === size;
    }
  }

  /** One metric through the index on (run_uuid, key, step), which ends in the rowid. */
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
      const { size, took } = this.#reading;
      const sql = `${select} ${after.length === 0 ? '' : next} ORDER BY step, rowid LIMIT ?`;
      const page = await this.#connection.all(sql, [rows.runId, key, ...after, size], signal, { took });
      for (const row of page) if (Number(row[4]) <= (rows.to ?? LAST_ROWID)) push(into, row);
      const [, , , step, rowid] = page.at(-1) ?? [];
      after = [String(step), Number(rowid)];
      more = page.length === size;
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
    const order = 'ORDER BY timestamp, step, run_uuid, value, is_nan LIMIT ?';
    const later = `${select} AND timestamp > CAST(? AS INTEGER) AND timestamp <= CAST(? AS INTEGER) ${order}`;
    const sameTime = `${select} AND timestamp = CAST(? AS INTEGER) ${order} OFFSET ?`;
    const common = [rows.runId, key, rows.to ?? LAST_ROWID];
    const columns = new MetricColumns(BATCH_POINTS);
    let time = (BigInt(span.first) - 1n).toString();
    let seen = 0;
    for (let [amongOneTime, more] = [false, true]; more; ) {
      const { size, took } = this.#reading;
      const [sql, parameters] = amongOneTime
        ? [sameTime, [...common, time, size, seen]]
        : [later, [...common, time, span.last, size]];
      const page = await this.#connection.all(sql, parameters, signal, { took });
      for (const row of page) {
        if (row[3] === 1) push(columns, row);
        if (row[4] !== time) [time, seen] = [String(row[4]), 0];
        seen++;
      }
      more = amongOneTime || page.length > 0;
      // a full page may have ended among many points of one time
      amongOneTime = page.length === size;
      if (columns.length < BATCH_POINTS) continue;
      yield* columns.batches();
      columns.clear();
    }
    yield* columns.batches();
  }

  async #span(rows: RunRows, key: string, signal: AbortSignal) {
    let span: { first: string; last: string } | undefined;
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
