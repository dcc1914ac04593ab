import type { PointBatch } from '../../model.js';
import { chunks } from '../chunks.js';
import {
  type Database,
  type MetricMark,
  placeholders,
  type Query,
  type RunRows,
  runsThat,
  type WhichRuns,
} from './database.js';
import type { KnownMetrics } from './metric-place.js';
import type { MetricTable } from './metric-table.js';

/** Metrics whose places go into one query. */
const PLACES_AT_ONCE = 500;

/** What PostgreSQL and MySQL have in common: one SQL, snapshots, and rows without numbers. */
export abstract class ServerDatabase implements Database {
  abstract readonly uri: string;
  readonly page = 2000;

  /** SQL that follows `table_schema` and is true of the schema in which MLflow's tables are. */
  protected abstract readonly schemaCondition: string;

  /** Adds the points of a run that meet a condition on (key, timestamp, step), with `?` for its parameters. */
  protected abstract loadWhere(
    runId: string,
    condition: string,
    parameters: readonly string[],
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<void>;

  abstract snapshot<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T>;
  abstract stream(rows: RunRows, key: string, signal: AbortSignal): AsyncIterable<PointBatch>;
  abstract close(): Promise<void>;

  async columns(tables: readonly string[], signal: AbortSignal): Promise<Map<string, ReadonlySet<string>>> {
    const sql = `SELECT lower(table_name), lower(column_name) FROM information_schema.columns
      WHERE table_schema ${this.schemaCondition} AND table_name IN ${placeholders(tables.length)}`;
    const columns = new Map<string, Set<string>>();
    for (const [table, column] of await this.snapshot((query) => query(sql, tables), signal)) {
      const mine = columns.get(table ?? '') ?? new Set<string>();
      columns.set(table ?? '', mine.add(column ?? ''));
    }
    return columns;
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
      const sql = `SELECT run_uuid FROM runs WHERE experiment_id = ? AND run_uuid > ? ${runsThat(which)}
        ORDER BY run_uuid LIMIT ${this.page}`;
      const rows = await this.snapshot((query) => query(sql, [experimentId, last]), signal);
      if (rows.length === 0) return;
      const ids = rows.map(([id]) => id ?? '');
      yield ids;
      if (rows.length < this.page) return;
      last = ids.at(-1) ?? '';
    }
  }

  async marks(runIds: readonly string[], signal: AbortSignal): Promise<Map<string, MetricMark>> {
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
    await this.loadWhere(runId, among, keys ?? [], into, signal);
  }

  /**
   * By counting: a point may come with any time and any step. Where there are more than is known, all points from the last
   * known one on are loaded.
   */
  async added(
    rows: RunRows,
    known: KnownMetrics,
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
      await this.loadWhere(rows.runId, condition, parameters, into, signal);
    }
    return more;
  }
}

/** The condition on points of these metrics from the last known one on. */
function behind(keys: readonly string[], known: KnownMetrics): { condition: string; parameters: string[] } {
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
