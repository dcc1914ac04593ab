import { createHash } from 'node:crypto';
import { type Database, type MetricStats, placeholders } from './database.js';
import type { ListedRun } from './locator.js';
import { type RunHeader, readHeaders } from './run-headers.js';
import type { Schema } from './schema.js';

/**
 * The marks of runs, by a few queries for all of them: a digest of all that {@link readHeaders} reads, of the latest value of
 * each metric, and of how many metric rows there are (a late point with a small step is no metric's latest). Metric rows are
 * only ever added, and never changed. A run that is not there is missing.
 */
export async function readListedRuns(
  database: Database,
  schema: Schema,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, ListedRun>> {
  const { parts, unread } = schema;
  // the points first: whatever comes in between is in the digest of the next time
  const points = parts.has('metrics') ? await database.marks(runIds, signal) : new Map<string, MetricStats>();
  const latest = schema.latest ? await readLatest(database, runIds, signal) : undefined;
  const marks = new Map<string, ListedRun>();
  for (const [runId, { run, made }] of await readHeaders(database, schema, runIds, signal)) {
    const metrics = points.get(runId) ?? { points: 0 };
    const lines = latest?.get(runId) ?? [];
    const live = run.status === 'RUNNING' || run.status === 'SCHEDULED';
    const mark = { revision: digest(run, lines, metrics, schema), metrics, live };
    if (unread.size > 0) marks.set(runId, { ...mark, isPartial: true });
    else marks.set(runId, { ...mark, made, ...(latest !== undefined && { latest: lines.length }) });
  }
  return marks;
}

/** What becomes readable is a change as well. */
function digest(run: RunHeader['run'], latest: readonly string[], metrics: MetricStats, { unread }: Schema): string {
  const hidden = unread.size === 0 ? [] : [[...unread.keys()]];
  const content = JSON.stringify([run, latest.join('\n'), metrics, ...hidden], (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    return typeof value === 'bigint' ? `${value}n` : value;
  });
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

async function readLatest(
  database: Database,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const sql = `SELECT run_uuid, "key", value, timestamp, step, is_nan FROM latest_metrics
    WHERE run_uuid IN ${placeholders(runIds.length)}`;
  const rows = await database.snapshot((query) => query(sql, runIds), signal);
  const lines = new Map<string, string[]>();
  for (const [runId, ...values] of rows) {
    const mine = lines.get(runId ?? '') ?? [];
    mine.push(values.join(' '));
    lines.set(runId ?? '', mine);
  }
  for (const mine of lines.values()) mine.sort();
  return lines;
}
