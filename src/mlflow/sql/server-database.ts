import type { Warn } from '../../events.js';
import type { PointBatch } from '../../model.js';
import type { MetricPoint } from '../common/arrival-order.js';
import { chunks } from '../common/chunks.js';
import { storedValue } from '../common/measured-points.js';
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
import { MetricColumns } from './metric-columns.js';
import { CursorTracker, type MetricCursors } from './metric-cursor.js';
import { MetricTable } from './metric-table.js';
import type { ServerConnection } from './server-connection.js';
import { type ServerListener, Transactions } from './transactions.js';

/** The most metrics whose cursors go into one query. */
const CURSORS_PER_QUERY = 500;

/**
 * What PostgreSQL and MySQL have in common: the same SQL, transactions, and rows without numbers. Connections are opened on demand,
 * one for each query and history in progress.
 */
export abstract class ServerDatabase<C extends ServerConnection> implements Database {
  readonly page = 500;
  readonly #transactions: Transactions<C>;

  protected abstract readonly readCatalog: (query: Query, tables: readonly string[]) => Promise<Catalog>;

  constructor(
    readonly uri: string,
    protected readonly listener: ServerListener,
  ) {
    const { warn, retrying } = listener;
    this.#transactions = new Transactions(uri, (signal) => this.open(signal), { warn: once(warn), retrying });
  }

  /** Opens a connection. Rejects with the driver's error, or as soon as the signal is aborted. */
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

  /** Ordered by id, as the database compares them. */
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

  async metricStats(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricStats>> {
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
    const condition = keys === undefined ? 'TRUE' : `"key" IN ${placeholders(keys.length)}`;
    await this.#loadWhere(runId, { condition, parameters: keys ?? [] }, into, signal);
  }

  /**
   * Sorted by the server. If the connection breaks, continues after the last point: rows are only ever added, and those that
   * were added before that point in the meantime are left for the next time.
   */
  async *stream({ runId }: RunRows, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const tracker = new CursorTracker();
    for (let attempt = 0; ; attempt++) {
      try {
        for await (const batch of this.#streamAfter(runId, key, tracker.last, signal)) {
          attempt = 0;
          tracker.advance(batch);
          yield batch;
        }
        return;
      } catch (error) {
        await this.#transactions.retry(error, attempt, signal);
      }
    }
  }

  async *#streamAfter(
    runId: string,
    key: string,
    last: MetricPoint | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<PointBatch, void, void> {
    const columns = new MetricColumns(BATCH_POINTS);
    const { condition, parameters } = afterPoint(last);
    const sorted = `run_uuid = ? AND "key" = ? AND ${condition} ORDER BY timestamp, step, value, is_nan`;
    for await (const { connection, guard } of this.#transactions.begin(signal)) {
      for await (const _ of connection.points(sorted, [runId, key, ...parameters], columns)) {
        if (columns.length < BATCH_POINTS / 2) continue;
        guard.pause();
        yield* columns.batches();
        columns.clear();
        guard.resume();
      }
    }
    yield* columns.batches();
  }

  /** Adds the points of a run that match a condition on (key, timestamp, step), with `?` for its parameters. */
  async #loadWhere(
    runId: string,
    { condition, parameters }: Condition,
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
   * Compares counts, since a new point may have any time and step. If a metric has more points than its cursor says, loads all
   * from the last known one on.
   */
  async added(
    rows: RunRows,
    cursors: MetricCursors,
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    const counts = await this.counts(rows, signal);
    for (const [key, { points }] of cursors) if ((counts.get(key) ?? 0) < points) return undefined;
    const more = new Map<string, number>();
    for (const [key, count] of counts) {
      const before = cursors.get(key)?.points ?? 0;
      if (count > before) more.set(key, count - before);
    }
    for (const keys of chunks([...more.keys()], CURSORS_PER_QUERY)) {
      await this.#loadWhere(rows.runId, fromCursors(keys, cursors), into, signal);
    }
    return more;
  }
}

/** SQL with `?` for its parameters. */
interface Condition {
  readonly condition: string;
  readonly parameters: readonly string[];
}

/** Matches the points of one metric after this one, in the order of {@link ServerDatabase.stream}. */
function afterPoint(last: MetricPoint | undefined): Condition {
  if (last === undefined) return { condition: '1 = 1', parameters: [] };
  const [time, step] = [String(last.timestamp), String(last.step)];
  const value = String(storedValue(last.value));
  const isNan = Number.isNaN(last.value);
  // NaN is stored as 0, and comes after it
  const atSameValue = isNan ? '1 = 0' : 'value = ? AND is_nan';
  const condition = `(timestamp > ? OR timestamp = ? AND (step > ? OR step = ? AND (value > ? OR ${atSameValue})))`;
  return { condition, parameters: [time, time, step, step, value, ...(isNan ? [] : [value])] };
}

/** Matches the points of these metrics from the last known one on. */
function fromCursors(keys: readonly string[], cursors: MetricCursors): Condition {
  const parameters: string[] = [];
  const conditions = keys.map((key) => {
    const cursor = cursors.get(key);
    parameters.push(key);
    if (cursor === undefined) return '"key" = ?';
    const time = String(cursor.timestamp);
    parameters.push(time, time, String(cursor.step));
    return '("key" = ? AND timestamp >= ? AND (timestamp > ? OR step >= ?))';
  });
  return { condition: conditions.join(' OR '), parameters };
}

function once(warn: Warn): Warn {
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning.message)) return;
    told.add(warning.message);
    warn(warning);
  };
}
