import { ConvertError } from '../../errors.js';
import type { PointBatch } from '../../model.js';
import type { Database, RunRows } from './database.js';
import { MetricTable } from './metric-table.js';

/** The most points of one run in memory, at 24 bytes each. A run with fewer is read at once. */
const WINDOW_POINTS = 524_288;
/** The most points of all runs together. Beyond it, the least recently used windows are dropped, and read again if needed. */
const MAX_POINTS = 4 * WINDOW_POINTS;

/** Metrics of a run with adjacent keys, whose points are in memory. */
interface Window {
  /** The lengths of all metrics of the run, sorted by key; absent if the window contains all of them. */
  readonly counts?: ReadonlyMap<string, number>;
  table: MetricTable;
  /** The metrics that were read to their end. After the last one, the window is dropped. */
  readonly read: Set<string>;
}

/**
 * Reads the metric histories of runs. They are requested one by one, but databases deliver many rows in one query much faster than a few
 * rows in each of many. So the rows of a run are read together and sorted here. Of a run that is too long for that, as many metrics as fit
 * are read at a time. A metric that is too long by itself is streamed in the database's order.
 */
export class SqlHistories {
  readonly #database: Database;
  readonly #windowPoints: number;
  /** By run and the state of its metrics; most recently used last. */
  readonly #windows = new Map<string, Window>();

  constructor(database: Database, windowPoints = WINDOW_POINTS) {
    this.#database = database;
    this.#windowPoints = windowPoints;
  }

  /** The keys of a run's metrics. Also reads its points, if they are few. */
  async keys(rows: RunRows, signal: AbortSignal): Promise<string[]> {
    if (rows.points === 0) return [];
    const window = await this.#open(rows, signal);
    return window.counts === undefined ? window.table.keys : [...window.counts.keys()];
  }

  /** Reads one metric in arrival order: (timestamp, step, value). */
  async *history(rows: RunRows, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    if (rows.points === 0) return;
    const window = this.#windows.get(windowName(rows)) ?? (await this.#open(rows, signal));
    const count = window.counts?.get(key);
    if (window.counts !== undefined && count === undefined) return;
    if (count !== undefined && count > this.#windowPoints) {
      yield* this.#stream(rows, key, count, signal);
      window.read.add(key);
      return;
    }
    if (window.counts !== undefined && window.table.get(key) === undefined) await this.#move(rows, window, key, signal);
    const { table } = window;
    for (const batch of table.get(key)?.batches() ?? []) {
      signal.throwIfAborted();
      yield batch;
    }
    window.read.add(key);
    if (window.read.size === (window.counts?.size ?? table.keys.length)) this.#windows.delete(windowName(rows));
  }

  async #open(rows: RunRows, signal: AbortSignal): Promise<Window> {
    if (rows.points > this.#windowPoints) {
      const counts = await this.#database.counts(rows, signal);
      const sorted = new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
      return this.#keep(rows, { counts: sorted, table: new MetricTable(), read: new Set() });
    }
    return this.#keep(rows, { table: await this.#load(rows, undefined, rows.points, signal), read: new Set() });
  }

  /** Moves the window to this metric and those after it: metrics are requested roughly in the order of their keys. */
  async #move(rows: RunRows, window: Window, key: string, signal: AbortSignal): Promise<void> {
    const keys: string[] = [];
    let points = 0;
    for (const [next, count] of window.counts ?? []) {
      if (next < key) continue;
      if (count > this.#windowPoints) continue;
      if (points + count > this.#windowPoints) break;
      keys.push(next);
      points += count;
    }
    window.table = new MetricTable();
    window.table = await this.#load(rows, keys, points, signal);
    this.#keep(rows, window);
  }

  async #load(
    rows: RunRows,
    keys: readonly string[] | undefined,
    points: number,
    signal: AbortSignal,
  ): Promise<MetricTable> {
    const table = new MetricTable();
    await this.#database.load(rows, keys, table, signal);
    table.finish();
    if (table.points < points) throw vanished(rows.runId, points - table.points);
    return table;
  }

  async *#stream(
    rows: RunRows,
    key: string,
    count: number,
    signal: AbortSignal,
  ): AsyncGenerator<PointBatch, void, void> {
    let seen = 0;
    for await (const batch of this.#database.stream(rows, key, signal)) {
      seen += batch.steps.length;
      yield batch;
    }
    if (seen < count) throw vanished(rows.runId, count - seen);
  }

  #keep(rows: RunRows, window: Window): Window {
    const name = windowName(rows);
    this.#windows.delete(name);
    this.#windows.set(name, window);
    let points = 0;
    for (const { table } of this.#windows.values()) points += table.points;
    for (const [oldest, { table }] of this.#windows) {
      if (oldest === name || (points <= MAX_POINTS && this.#windows.size <= 64)) break;
      points -= table.points;
      this.#windows.delete(oldest);
    }
    return window;
  }
}

function windowName({ runId, points, to }: RunRows): string {
  return `${runId} ${points} ${to ?? ''}`;
}

/** Rows are only ever added, unless somebody is deleting the run or rewriting the file (VACUUM). */
function vanished(runId: string, points: number): ConvertError {
  return new ConvertError(
    'skip-run',
    'changed-while-reading',
    `${points} points of run ${runId} disappeared from the database while it was being read.`,
    {
      hint: 'Run again.',
    },
  );
}
