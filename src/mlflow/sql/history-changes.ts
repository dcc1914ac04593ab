import type { MetricChange } from '../common/tracking-store.js';
import type { Database, RunRows } from './database.js';
import { CursorTracker, type MetricCursor, type MetricCursors, parseMetricCursor } from './metric-cursor.js';
import { MetricTable } from './metric-table.js';

/** Points that are read to be added, 24 bytes each; with more, a run is better read whole, as a stream. */
const MOST_ADDED = 2 ** 18;

/**
 * What was added to a run's metrics behind these marks. In a database arrival order is by time, so that a late point belongs
 * before others: those metrics are rewritten. Rows are only ever added; where they are not as many as that makes (VACUUM has
 * numbered them anew, somebody removed some) all metrics are.
 */
export async function* readSqlChanges(
  database: Database,
  rows: RunRows,
  marks: ReadonlyMap<string, string>,
  signal: AbortSignal,
): AsyncGenerator<MetricChange, void, void> {
  const known = new Map<string, MetricCursor>();
  for (const [key, mark] of marks) {
    const place = parseMetricCursor(mark);
    if (place === undefined) yield { type: 'rewritten', key };
    else known.set(key, place);
  }
  const table = new MetricTable();
  const more = await addedTo(database, rows, known, table, signal);
  if (more === undefined) {
    for (const key of known.keys()) yield { type: 'rewritten', key };
    return;
  }
  table.finish();
  for (const [key, count] of more) {
    const before = known.get(key);
    const columns = table.get(key);
    const from = columns?.indexBehind(before) ?? 0;
    // what has come since the rows were counted is for the next time
    if (columns === undefined || columns.length - from < count) {
      yield { type: 'rewritten', key };
      continue;
    }
    const place = new CursorTracker(before);
    for (const batch of columns.batches(from, from + count)) {
      signal.throwIfAborted();
      place.passed(batch);
      yield { type: 'points', key, batch };
    }
    yield { type: 'read', key, cursor: place.mark(rows.to) ?? '' };
  }
}

async function addedTo(
  database: Database,
  rows: RunRows,
  known: MetricCursors,
  into: MetricTable,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  let points = 0;
  for (const place of known.values()) points += place.points;
  if (rows.points < points || rows.points > points + MOST_ADDED) return undefined;
  return rows.points === points ? new Map() : database.added(rows, known, into, signal);
}
