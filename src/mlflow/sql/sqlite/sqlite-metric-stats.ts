import type { MetricStats } from '../database.js';
import { AdaptivePageSize } from './adaptive-page-size.js';
import { LAST_ROWID, type SqliteRows } from './sqlite-rows.js';

/** The most rows to count in one statement, and the most index entries. */
const MAX_ROWS = 50_000;
const MAX_ENTRIES = 200_000;

interface Scan {
  /** The last rowid that was counted. */
  readonly to: number;
  readonly stats: Map<string, MetricStats>;
}

/** Finds out how many metric rows each run has, and between which rowids. */
export class SqliteMetricStats {
  readonly #rows: SqliteRows;
  readonly #pageSize = new AdaptivePageSize(20_000, MAX_ENTRIES);
  #scanned: Scan | undefined;

  constructor(rows: SqliteRows) {
    this.#rows = rows;
  }

  async of(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricStats>> {
    const { run } = await this.#rows.indexes(signal);
    if (run === undefined) return this.#scan(signal);
    const stats = new Map<string, MetricStats>();
    for (const runId of runIds) stats.set(runId, await this.#count(runId, run, signal));
    return stats;
  }

  async #count(runId: string, index: string, signal: AbortSignal): Promise<MetricStats> {
    const sql = `SELECT count(*), min(rowid), max(rowid) FROM (SELECT rowid FROM metrics INDEXED BY ${index}
      WHERE run_uuid = ? AND rowid > ? ORDER BY rowid LIMIT ?)`;
    const stats = { points: 0, from: 0, to: 0 };
    for (;;) {
      const { size } = this.#pageSize;
      let milliseconds = 0;
      const took = (measured: number): void => {
        milliseconds = measured;
      };
      const parameters = [runId, stats.to, size];
      const [[count, first, last] = []] = await this.#rows.connection.all(sql, parameters, signal, { took });
      if (typeof last !== 'number') return stats;
      if (stats.points === 0) stats.from = Number(first);
      stats.points += Number(count);
      stats.to = last;
      if (Number(count) < size) return stats;
      // only a full page shows how fast counting is
      this.#pageSize.took(milliseconds);
    }
  }

  /** Without an index: counts the whole table once, and later only what was added, unless rows have been deleted. */
  async #scan(signal: AbortSignal): Promise<Map<string, MetricStats>> {
    const { connection } = this.#rows;
    const [[highest] = []] = await connection.all('SELECT max(rowid) FROM metrics', [], signal);
    const known = this.#scanned !== undefined && Number(highest ?? 0) >= this.#scanned.to ? this.#scanned : undefined;
    const stats = new Map(known?.stats);
    const sql = `SELECT run_uuid, count(*), min(rowid), max(rowid) FROM metrics NOT INDEXED
      WHERE rowid > ? AND rowid <= ? GROUP BY run_uuid`;
    const pageSize = new AdaptivePageSize(5000, MAX_ROWS);
    let from = known?.to ?? 0;
    for await (const to of this.#rows.boundaries({ from, to: LAST_ROWID }, pageSize, signal)) {
      for (const [id, count, first, last] of await connection.all(sql, [from, to], signal, pageSize)) {
        const before = stats.get(String(id)) ?? { points: 0, from: Number(first), to: 0 };
        stats.set(String(id), { ...before, points: before.points + Number(count), to: Number(last) });
      }
      from = to;
    }
    this.#scanned = { to: from, stats };
    return stats;
  }
}
