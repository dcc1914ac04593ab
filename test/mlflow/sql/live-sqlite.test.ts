import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { TrackingStore } from '../../../src/mlflow/common/tracking-store.js';
import { openSqlStore } from '../../../src/mlflow/open-sql-store.js';
import type { RunRef, StageContext } from '../../../src/model.js';
import { SqliteStoreBuilder } from '../../support/sqlite-store-builder.js';

const FULL = 'a'.repeat(32);
const LIVE = 'b'.repeat(32);
const POINTS = 30_000;
const { signal } = new AbortController();
const context: StageContext = { signal, notice: () => undefined };

/** Commits all the time; see sqlite-writer.mjs. */
class Writer {
  errors: readonly string[] = [];
  readonly #worker: Worker;

  constructor(file: string) {
    const script = new URL('../../support/sqlite-writer.mjs', import.meta.url);
    this.#worker = new Worker(script, { workerData: { file, runId: LIVE, timeout: 1000 } });
  }

  /** Resolves when it has committed once more from now on, or failed: whoever holds the lock meanwhile makes it fail. */
  async another(): Promise<void> {
    const answer = once(this.#worker, 'message') as Promise<[string[]]>;
    this.#worker.postMessage('another');
    [this.errors] = await answer;
  }

  async stop(): Promise<void> {
    const ended = once(this.#worker, 'exit');
    this.#worker.postMessage('stop');
    await ended;
  }
}

async function refs(store: TrackingStore): Promise<RunRef[]> {
  const found: RunRef[] = [];
  for await (const experiment of store.experiments(signal)) {
    for await (const ref of store.runs(experiment, signal)) found.push(ref);
  }
  return found;
}

describe.each(['delete', 'wal'])('a database in journal mode %s, into which training writes', (mode) => {
  let builder: SqliteStoreBuilder;
  let writer: Writer;

  beforeEach(() => {
    builder = new SqliteStoreBuilder();
    builder.database.exec(`PRAGMA journal_mode = ${mode}`);
    builder.experiment({ id: 1, name: 'live' });
    const points = (offset: number) =>
      Array.from({ length: POINTS }, (_, at) => ({ timestamp: at, value: at + offset, step: BigInt(at) }));
    builder.run(1, { runId: FULL, metrics: { a: points(0.25), b: points(0.5) } });
    builder.run(1, { runId: LIVE, status: 'RUNNING', endTime: null });
    builder.database.close();
    writer = new Writer(builder.file);
  });
  afterEach(async () => {
    await writer.stop();
    builder.remove();
  });

  // read at once, some metrics at a time, and each as a stream
  test.each([1_000_000, POINTS, 1000])(
    'is read without keeping the writer waiting, windows of %i',
    async (windowPoints) => {
      await writer.another();
      const store = openSqlStore(builder.uri, 'sqlite', { windowPoints });
      const runs = await refs(store);
      const full = runs.find(({ runId }) => runId === FULL)!;
      for (const key of await store.metricKeys(full, context)) {
        let seen = 0;
        for await (const { values } of store.history(full, key, context)) {
          seen += values.length;
          await writer.another();
        }
        expect(seen).toBe(POINTS);
      }
      await writer.another();
      expect(writer.errors).toEqual([]);
      await store.close();
    },
  );

  test('a run that grows is read up to where it was when it was listed, and has changed when it is listed again', async () => {
    await writer.another();
    const store = openSqlStore(builder.uri, 'sqlite', {});
    const live = (await refs(store)).find(({ runId }) => runId === LIVE)!;
    const listed = JSON.parse(live.locator)[3] as number;
    await writer.another();
    const steps: bigint[] = [];
    for (const key of await store.metricKeys(live, context)) {
      for await (const batch of store.history(live, key, context)) steps.push(...batch.steps);
    }
    expect(steps).toEqual(Array.from({ length: listed }, (_, at) => BigInt(at)));
    const later = (await refs(store)).find(({ runId }) => runId === LIVE)!;
    expect(await store.revision(later, signal)).not.toBe(await store.revision(live, signal));
    await writer.another();
    expect(writer.errors).toEqual([]);
    await store.close();
  });
});
