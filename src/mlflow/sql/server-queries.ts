import { type Database, type MetricMark, placeholders, type RunRows, runsThat, type WhichRuns } from './database.js';
import type { KnownMetrics } from './metric-place.js';

type Queries = Pick<Database, 'snapshot' | 'page'>;

/** The tables' columns, as information_schema tells them. */
export async function columnsOf(
  database: Queries,
  tables: readonly string[],
  schema: string,
  signal: AbortSignal,
): Promise<Map<string, ReadonlySet<string>>> {
  const sql = `SELECT lower(table_name), lower(column_name) FROM information_schema.columns
    WHERE table_schema ${schema} AND table_name IN ${placeholders(tables.length)}`;
  const columns = new Map<string, Set<string>>();
  for (const [table, column] of await database.snapshot((query) => query(sql, tables), signal)) {
    const mine = columns.get(table ?? '') ?? new Set<string>();
    columns.set(table ?? '', mine.add(column ?? ''));
  }
  return columns;
}

/** An experiment's runs in the order of their ids, as the database compares them. */
export async function* runIdsOf(
  database: Queries,
  experimentId: string,
  which: WhichRuns,
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void, void> {
  let last = '';
  for (;;) {
    const sql = `SELECT run_uuid FROM runs WHERE experiment_id = ? AND run_uuid > ? ${runsThat(which)}
      ORDER BY run_uuid LIMIT ${database.page}`;
    const rows = await database.snapshot((query) => query(sql, [experimentId, last]), signal);
    if (rows.length === 0) return;
    const ids = rows.map(([id]) => id ?? '');
    yield ids;
    if (rows.length < database.page) return;
    last = ids.at(-1) ?? '';
  }
}

export async function marksOf(
  database: Queries,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, MetricMark>> {
  const sql = `SELECT run_uuid, count(*) FROM metrics WHERE run_uuid IN ${placeholders(runIds.length)} GROUP BY run_uuid`;
  const rows = await database.snapshot((query) => query(sql, runIds), signal);
  return new Map(rows.map(([id, count]) => [id ?? '', { points: Number(count) }]));
}

export async function countsOf(
  database: Queries,
  { runId }: RunRows,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const sql = 'SELECT "key", count(*) FROM metrics WHERE run_uuid = ? GROUP BY "key"';
  const rows = await database.snapshot((query) => query(sql, [runId]), signal);
  return new Map(rows.map(([key, count]) => [key ?? '', Number(count)]));
}

/** Metrics whose places go into one query. */
const PLACES_AT_ONCE = 500;

/** Reads the rows that meet a condition on (key, timestamp, step), with `?` for its parameters. */
type LoadRows = (condition: string, parameters: readonly string[]) => Promise<void>;

/**
 * How many points more the metrics of a run have than is known, by counting: a point may come with any time and any step.
 * Where there are more, all points from the last known one on are loaded.
 */
export async function addedTo(
  database: Queries,
  rows: RunRows,
  known: KnownMetrics,
  load: LoadRows,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  const counts = await countsOf(database, rows, signal);
  for (const [key, { points }] of known) if ((counts.get(key) ?? 0) < points) return undefined;
  const more = new Map<string, number>();
  for (const [key, count] of counts) {
    const before = known.get(key)?.points ?? 0;
    if (count > before) more.set(key, count - before);
  }
  const keys = [...more.keys()];
  for (let at = 0; at < keys.length; at += PLACES_AT_ONCE) {
    const parameters: string[] = [];
    const conditions = keys.slice(at, at + PLACES_AT_ONCE).map((key) => {
      const place = known.get(key);
      parameters.push(key);
      if (place === undefined) return '"key" = ?';
      const time = String(place.timestamp);
      parameters.push(time, time, String(place.step));
      return '("key" = ? AND timestamp >= ? AND (timestamp > ? OR step >= ?))';
    });
    await load(conditions.join(' OR '), parameters);
  }
  return more;
}
