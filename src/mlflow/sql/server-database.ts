import type { PointBatch } from '../../model.js';
import { chunks } from '../common/chunks.js';
import { BATCH_POINTS } from '../common/point-buffer.js';
import type { Catalog } from './catalog.js';
import {
  type Database,
  type MetricStats,
  placeholders,
  type Query,
  type RunRows,
  runsCondition,
  type WhichRuns,
} from './database.js';
import { MetricColumns, storedValue } from './metric-columns.js';
import { CursorTracker, type MetricCursors, type MetricPoint } from './metric-cursor.js';
import { MetricTable } from './metric-table.js';
import type { ServerConnection } from './server-connection.js';
import { Transactions } from './transactions.js';

/** Metrics whose places go into one query. */
const PLACES_AT_ONCE = 500;

/**
 * What PostgreSQL and MySQL have in common: one SQL, transactions, and rows without numbers. Connections are opened as they are
 * needed: one for each query and history under way.
 */
export abstract class ServerDatabase<C extends ServerConnection> implements Database {
  readonly page = 500;
  readonly #transactions: Transactions<C>;

  protected abstract readonly readCatalog: (query: Query, tables: readonly string[]) => Promise<Catalog>;

  constructor(
    readonly uri: string,
    protected readonly warn: (message: string) => void,
  ) {
    this.#transactions = new Transactions(uri, (signal) => this.open(signal), once(warn));
  }

  /** Opens a connection; rejects with the driver's error, or at once when the signal is aborted. */
  protected abstract open(signal: AbortSignal): Promise<C>;

  snapshot<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#transactions.run(({ query }) => work(query), signal);
  }

  close(): Promise<void> {
    return this.#transactions.close();
  }

  catalog(tables: readonly string[], signal: AbortSignal): Promise<Catalog> {
    return this.snapshot((query) => this.readCatalog(query, tables), signal);
  }

  text(column: string): string {
    return column;
  }

  /** In the order of the ids, as the database compares them. */
  async *runIds(
    experimentId: string,
    which: WhichRuns,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[], void, void> {
    let last = '';
    for (;;) {
      const sql = `SELECT run_uuid FROM runs WHERE experiment_id = ? AND run_uuid > ? ${runsCondition(which)}
        ORDER BY run_uuid LIMIT ${this.page}`;
      const rows = await this.snapshot((query) => query(sql, [experimentId, last]), signal);
      if (rows.length === 0) return;
      const ids = rows.map(([id]) => id ?? '');
      yield ids;
      if (rows.length < this.page) return;
      last = ids.at(-1) ?? '';
    }
  }

  async marks(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricStats>> {
    const sql = `SELECT run_uuid, count(*) FROM metrics WHERE run_uuid IN ${placeholders(runIds.length)} GROUP BY run_uuid`;
    const rows = await this.snapshot((query) => query(sql, runIds), signal);
    return new Map(rows.map(([id, count]) => [id ?? '', { points: Number(count) }]));
  }

  async counts({ runId }: RunRows, signal: AbortSignal): Promise<Map<string, number>> {
    const sql = 'SELECT "key", count(*) FROM metrics WHERE run_uuid = ? GROUP BY "key"';
    const rows = await this.snapshot((query) => query(sql, [runId]), signal);
    return new Map(rows.map(([key, count]) => [key ?? '', Number(count)]));
  }

  async load(
    { runId }: RunRows,
    keys: readonly string[] | undefined,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<void> {
    const among = keys === undefined ? 'TRUE' : `"key" IN ${placeholders(keys.length)}`;
    await this.#loadWhere(runId, among, keys ?? [], into, signal);
  }

  /**
   * Sorted by the server. What breaks off in the middle goes on behind the last point: rows are only ever added, and
   * those that come before it meanwhile are for the next time.
   */
  async *stream({ runId }: RunRows, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const place = new CursorTracker();
    for (let attempt = 0; ; attempt++) {
      try {
        for await (const batch of this.#streamBehind(runId, key, place.last, signal)) {
          attempt = 0;
          place.passed(batch);
          yield batch;
        }
        return;
      } catch (error) {
        await this.#transactions.retry(error, attempt, signal);
      }
    }
  }

  async *#streamBehind(
    runId: string,
    key: string,
    last: MetricPoint | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<PointBatch, void, void> {
    const columns = new MetricColumns(BATCH_POINTS);
    const { condition, parameters } = behindPoint(last);
    const sorted = `run_uuid = ? AND "key" = ? AND ${condition} ORDER BY timestamp, step, value, is_nan`;
    for await (const { connection, guard } of this.#transactions.begin(signal)) {
      for await (const _ of connection.points(sorted, [runId, key, ...parameters], columns)) {
        if (columns.length < BATCH_POINTS / 2) continue;
        guard.rest();
        yield* columns.batches();
        columns.clear();
        guard.watch();
      }
    }
    yield* columns.batches();
  }

  /** Adds the points of a run that meet a condition on (key, timestamp, step), with `?` for its parameters. */
  async #loadWhere(
    runId: string,
    condition: string,
    parameters: readonly string[],
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await this.#transactions.run(async (connection) => {
      const table = new MetricTable();
      const where = `run_uuid = ? AND (${condition})`;
      for await (const _ of connection.points(where, [runId, ...parameters], table)) signal.throwIfAborted();
      return table;
    }, signal);
    into.take(found);
  }

  /**
   * By counting: a point may come with any time and any step. Where there are more than is known, all points from the last
   * known one on are loaded.
   */
  async added(
    rows: RunRows,
    known: MetricCursors,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    const counts = await this.counts(rows, signal);
    for (const [key, { points }] of known) if ((counts.get(key) ?? 0) < points) return undefined;
    const more = new Map<string, number>();
    for (const [key, count] of counts) {
      const before = known.get(key)?.points ?? 0;
      if (count > before) more.set(key, count - before);
    }
    for (const keys of chunks([...more.keys()], PLACES_AT_ONCE)) {
      const { condition, parameters } = behind(keys, known);
      await this.#loadWhere(rows.runId, condition, parameters, into, signal);
    }
    return more;
  }
}

/** The condition on points of one metric that come behind this one in the order of {@link ServerDatabase.stream}. */
function behindPoint(last: MetricPoint | undefined): { condition: string; parameters: readonly string[] } {
  if (last === undefined) return { condition: '1 = 1', parameters: [] };
  const [time, step] = [String(last.timestamp), String(last.step)];
  const value = String(storedValue(last.value));
  const isNan = Number.isNaN(last.value);
  // of two points that differ only in that, the one that is not NaN comes first
  const atSameValue = isNan ? '1 = 0' : 'value = ? AND is_nan';
  const condition = `(timestamp > ? OR timestamp = ? AND (step > ? OR step = ? AND (value > ? OR ${atSameValue})))`;
  return { condition, parameters: [time, time, step, step, value, ...(isNan ? [] : [value])] };
}

/** The condition on points of these metrics from the last known one on. */
function behind(keys: readonly string[], known: MetricCursors): { condition: string; parameters: string[] } {
  const parameters: string[] = [];
  const conditions = keys.map((key) => {
    const place = known.get(key);
    parameters.push(key);
    if (place === undefined) return '"key" = ?';
    const time = String(place.timestamp);
    parameters.push(time, time, String(place.step));
    return '("key" = ? AND timestamp >= ? AND (timestamp > ? OR step >= ?))';
  });
  return { condition: conditions.join(' OR '), parameters };
}

function once(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    tell(message);
  };
}
