import { createHash } from 'node:crypto';
import { isActive } from '../../model.js';
import { type Database, type MetricStats, placeholders } from './database.js';
import type { ListedRun } from './locator.js';
import { countMeasured } from './measured-points.js';
import { type RunHeader, readHeaders } from './run-headers.js';
import type { Schema } from './schema.js';

/**
 * Looks up runs with a few queries for all of them. The revision is a digest of everything that {@link readHeaders} reads, of
 * the latest value of each metric, and of the number of metric rows (a late point with a low step is no metric's latest), also of
 * those of models that tell the datasets of points: `log_batch` writes them later. Metric rows are only ever added, never
 * changed. A run that does not exist is missing in the result.
 */
export async function readListedRuns(
  database: Database,
  schema: Schema,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, ListedRun>> {
  const { parts, unread } = schema;
  // before the headers: what is added in between changes the next revision
  const stats = parts.has('metrics') ? await database.metricStats(runIds, signal) : new Map<string, MetricStats>();
  const measured = schema.measured ? await countMeasured(database, runIds, signal) : undefined;
  const latest = schema.latest ? await readLatest(database, runIds, signal) : undefined;
  const listed = new Map<string, ListedRun>();
  for (const [runId, { run, made }] of await readHeaders(database, schema, runIds, signal)) {
    const metrics = stats.get(runId) ?? { points: 0 };
    const lines = latest?.get(runId) ?? [];
    const points = measured?.get(runId) ?? 0;
    const found = {
      revision: digest(run, lines, metrics, points, schema),
      metrics,
      active: isActive(run),
      ...(points > 0 && { isMeasured: true }),
    };
    if (unread.size > 0) listed.set(runId, { ...found, isPartial: true });
    else listed.set(runId, { ...found, made, ...(latest !== undefined && { latest: lines.length }) });
  }
  return listed;
}

/** Includes what cannot be read: becoming readable is a change. */
function digest(
  run: RunHeader['run'],
  latest: readonly string[],
  metrics: MetricStats,
  measured: number,
  { unread }: Schema,
): string {
  const hidden = unread.size === 0 ? [] : [[...unread.keys()]];
  const content = JSON.stringify([run, latest.join('\n'), metrics, measured, ...hidden], (_, value: unknown) => {
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
