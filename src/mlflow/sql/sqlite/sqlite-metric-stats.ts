import type { MetricStats } from '../database.js';
import { AdaptivePageSize } from './adaptive-page-size.js';
import { LAST_ROWID, type SqliteRows } from './sqlite-rows.js';

/** The most rows that are counted in one statement, and the most entries of an index. */
const MOST_ROWS = 50_000;
const MOST_ENTRIES = 200_000;

interface Scan {
  readonly to: number;
  readonly marks: Map<string, MetricStats>;
}

/** How many metric rows each run has, and between which rowids they lie. */
export class SqliteMetricStats {
  readonly #rows: SqliteRows;
  readonly #pace = new AdaptivePageSize(20_000, MOST_ENTRIES);
  #scanned: Scan | undefined;

  constructor(rows: SqliteRows) {
    this.#rows = rows;
  }

  async of(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricStats>> {
    const { run } = await this.#rows.indexes(signal);
    if (run === undefined) return this.#scan(signal);
    const marks = new Map<string, MetricStats>();
    for (const runId of runIds) marks.set(runId, await this.#mark(runId, run, signal));
    return marks;
  }

  async #mark(runId: string, index: string, signal: AbortSignal): Promise<MetricStats> {
    const sql = `SELECT count(*), min(rowid), max(rowid) FROM (SELECT rowid FROM metrics INDEXED BY ${index}
      WHERE run_uuid = ? AND rowid > ? ORDER BY rowid LIMIT ?)`;
    const mark = { points: 0, from: 0, to: 0 };
    for (;;) {
      const { size } = this.#pace;
      let lasted = 0;
      const took = (milliseconds: number): void => {
        lasted = milliseconds;
      };
      const parameters = [runId, mark.to, size];
      const [[count, first, last] = []] = await this.#rows.connection.all(sql, parameters, signal, { took });
      if (typeof last !== 'number') return mark;
      if (mark.points === 0) mark.from = Number(first);
      mark.points += Number(count);
      mark.to = last;
      if (Number(count) < size) return mark;
      // only a full page tells how fast counting is
      this.#pace.took(lasted);
    }
  }

  /** The whole table once; afterwards only what has been added, unless rows have gone. */
  async #scan(signal: AbortSignal): Promise<Map<string, MetricStats>> {
    const { connection } = this.#rows;
    const [[highest] = []] = await connection.all('SELECT max(rowid) FROM metrics', [], signal);
    const known = this.#scanned !== undefined && Number(highest ?? 0) >= this.#scanned.to ? this.#scanned : undefined;
    const marks = new Map(known?.marks);
    const sql = `SELECT run_uuid, count(*), min(rowid), max(rowid) FROM metrics NOT INDEXED
      WHERE rowid > ? AND rowid <= ? GROUP BY run_uuid`;
    const pace = new AdaptivePageSize(5000, MOST_ROWS);
    let from = known?.to ?? 0;
    for await (const to of this.#rows.boundaries(undefined, from, LAST_ROWID, pace, signal)) {
      for (const [id, count, first, last] of await connection.all(sql, [from, to], signal, { took: pace.took })) {
        const before = marks.get(String(id)) ?? { points: 0, from: Number(first), to: 0 };
        marks.set(String(id), { ...before, points: before.points + Number(count), to: Number(last) });
      }
      from = to;
    }
    this.#scanned = { to: from, marks };
    return marks;
  }
}
