import type { MetricChange } from '../common/tracking-store.js';
import type { Database, RunRows } from './database.js';
import { CursorTracker, type MetricCursor, type MetricCursors, parseMetricCursor } from './metric-cursor.js';
import { MetricTable } from './metric-table.js';

/** The most new points to read, at 24 bytes each. With more of them, streaming the whole run is better. */
const MAX_ADDED = 2 ** 18;

/**
 * What was added to a run's metrics since these cursors. Arrival order in a database is by time, so a late point belongs before
 * others: its metric is rewritten. Rows are only ever added; if their number says otherwise (VACUUM has renumbered them, or
 * somebody has deleted some), all metrics are rewritten.
 */
export async function* readSqlChanges(
  database: Database,
  rows: RunRows,
  cursors: ReadonlyMap<string, string>,
  signal: AbortSignal,
): AsyncGenerator<MetricChange, void, void> {
  const known = new Map<string, MetricCursor>();
  for (const [key, text] of cursors) {
    const cursor = parseMetricCursor(text);
    if (cursor === undefined) yield { type: 'rewritten', key };
    else known.set(key, cursor);
  }
  const table = new MetricTable();
  const counts = await countAdded(database, rows, known, table, signal);
  if (counts === undefined) {
    for (const key of known.keys()) yield { type: 'rewritten', key };
    return;
  }
  table.finish();
  for (const [key, count] of counts) {
    const start = known.get(key);
    const columns = table.get(key);
    const from = columns?.indexBehind(start) ?? 0;
    if (columns === undefined || columns.length - from < count) {
      yield { type: 'rewritten', key };
      continue;
    }
    // rows that arrived after the count are left for the next time
    const cursor = new CursorTracker(start);
    for (const batch of columns.batches(from, from + count)) {
      signal.throwIfAborted();
      cursor.advance(batch);
      yield { type: 'points', key, batch };
    }
    yield { type: 'read', key, cursor: cursor.encode(rows.to) ?? '' };
  }
}

async function countAdded(
  database: Database,
  rows: RunRows,
  known: MetricCursors,
  into: MetricTable,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  let points = 0;
  for (const cursor of known.values()) points += cursor.points;
  if (rows.points < points || rows.points > points + MAX_ADDED) return undefined;
  return rows.points === points ? new Map() : database.added(rows, known, into, signal);
}
