import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Warning } from '../../src/events.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { openSqlStore } from '../../src/mlflow/open-sql-store.js';
import type { RunRef, StageContext } from '../../src/model.js';
import { CLI, scratch, start } from './harness.js';
import { createDatabase, type TestDatabase } from './sql-server.js';
import { type TcpProxy, tcpProxy } from './tcp-proxy.js';

const RUN = 'a'.repeat(32);
const POINTS = 60_000;
/** So few are held at once that the metric is read as a stream. */
const WINDOW = 1000;

const { signal } = new AbortController();
const context: StageContext = { signal, notice: () => undefined };

describe.each(['postgresql', 'mysql'] as const)('%s', (dialect) => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  const warnings: string[] = [];
  const stores: TrackingStore[] = [];

  beforeAll(async () => {
    database = await createDatabase(dialect);
    await fill(database);
    proxy = await tcpProxy(Number(new URL(database.uri).port || (dialect === 'postgresql' ? 5432 : 3306)));
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    warnings.splice(0);
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  function open(windowPoints?: number, through: Pick<TcpProxy, 'port'> = proxy): TrackingStore {
    const uri = throughProxy(database.uri, through.port);
    const warn = ({ message }: Warning): void => void warnings.push(message);
    const store = openSqlStore(uri, dialect, { warn, ...(windowPoints !== undefined && { windowPoints }) });
    stores.push(store);
    return store;
  }

  describe.each([
    ['streamed', WINDOW],
    ['loaded', undefined],
  ] as const)('a metric that is %s', (_, window) => {
    test.each(['end', 'reset'] as const)('comes whole and once over a connection that breaks (%s)', async (how) => {
      const store = open(window);
      const ref = await theRun(store);
      proxy.cut(700_000, how);
      expect(await steps(store, ref)).toEqual(expectedSteps());
    });
  });

  test('a metric that is streamed comes whole and once over a connection that falls silent', async () => {
    const store = open(WINDOW);
    const ref = await theRun(store);
    proxy.stall(700_000);
    expect(await steps(store, ref)).toEqual(expectedSteps());
  }, 60_000);

  test('the header of a run comes over a connection that falls silent', async () => {
    const store = open();
    const ref = await theRun(store);
    proxy.stall(0);
    expect((await store.run(ref, context)).params.get('p')).toBe('1');
  }, 60_000);

  test('a query that waits for a lock is let be, and it is said who holds the lock', async () => {
    const store = open();
    const ref = await theRun(store);
    const release = await lock(database);
    const reading = store.run(ref, context);
    await until(() => warnings.length > 0, 30_000);
    expect(warnings.join()).toMatch(/makes a query wait for a .*lock/);
    if (dialect === 'postgresql') expect(warnings.join()).toMatch(/on params, held by pid \d+ \(LOCK TABLE params/);
    await release();
    expect((await reading).params.get('p')).toBe('1');
  }, 60_000);

  test('connecting ends at once when the signal is aborted', async () => {
    const silent = await tcpProxy(1);
    silent.swallowAll();
    const store = open(undefined, silent);
    const stop = new AbortController();
    const listing = theRun(store, stop.signal);
    await until(() => silent.connections() > 0, 5000);
    const began = performance.now();
    stop.abort(new Error('stopped'));
    await expect(listing).rejects.toThrow('stopped');
    expect(performance.now() - began).toBeLessThan(1000);
    await silent.close();
  });

  test('one SIGTERM ends a conversion whose database does not answer', async () => {
    const silent = await tcpProxy(1);
    silent.swallowAll();
    const uri = throughProxy(database.uri, silent.port);
    const { child, finished } = start(process.execPath, [
      CLI,
      'convert',
      '--tracking_uri',
      uri,
      '--repo',
      await scratch(),
    ]);
    await until(() => silent.connections() > 0, 20_000);
    const began = performance.now();
    child.kill('SIGTERM');
    expect((await finished).code).toBe(143);
    expect(performance.now() - began).toBeLessThan(5000);
    await silent.close();
  }, 40_000);
});

async function fill(database: TestDatabase): Promise<void> {
  await database.run(`INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, workspace)
    VALUES (7, 'long', '/none/7', 'active', 'default')`);
  await database.run(`INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri,
    experiment_id, user_id) VALUES ('${RUN}', 'long', 'FINISHED', 1700000000000, 1700000060000, 'active', '', 7, 'ada')`);
  await database.run(`INSERT INTO params (run_uuid, "key", value) VALUES ('${RUN}', 'p', '1')`);
  for (let from = 0; from < POINTS; from += 2000) {
    const rows = Array.from({ length: 2000 }, (_, at) => row(from + at)).join(', ');
    await database.run(`INSERT INTO metrics ("key", value, timestamp, run_uuid, step, is_nan) VALUES ${rows}`);
  }
  await database.run(
    `INSERT INTO latest_metrics ("key", value, timestamp, run_uuid, step, is_nan) VALUES ${row(POINTS - 1)}`,
  );
}

/** Points of one time, of one step, infinities and NaN among them: wherever a stream breaks off. */
function row(at: number): string {
  const value = at % 5 === 3 ? '1.7976931348623157e308' : at % 5 === 4 ? '0' : String(at / 3);
  return `('loss', ${value}, ${1_700_000_000_000 + Math.floor(at / 7)}, '${RUN}', ${Math.floor(at / 2)}, ${at % 5 === 4})`;
}

/** In the order of arrival: time, step, value. */
function expectedSteps(): string[] {
  const stored = (at: number): number => (at % 5 === 3 ? Number.MAX_VALUE : at % 5 === 4 ? 0 : at / 3);
  const value = (at: number): number => (at % 5 === 3 ? Infinity : at % 5 === 4 ? Number.NaN : at / 3);
  const places = Array.from({ length: POINTS }, (_, at) => at);
  const time = (at: number): number => Math.floor(at / 7);
  const step = (at: number): number => Math.floor(at / 2);
  places.sort((a, b) => time(a) - time(b) || step(a) - step(b) || stored(a) - stored(b));
  return places.map((at) => `${step(at)} ${value(at)}`);
}

async function steps(store: TrackingStore, ref: RunRef): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of store.history(ref, 'loss', context)) {
    batch.steps.forEach((step, at) => void found.push(`${step} ${batch.values[at]}`));
  }
  return found;
}

async function theRun(store: TrackingStore, until = signal): Promise<RunRef> {
  for await (const experiment of store.experiments(until)) {
    for await (const ref of store.runs(experiment, until)) return ref;
  }
  throw new Error('The database has no runs.');
}

/** Keeps the params from being read; gives what lets go of them. */
async function lock(database: TestDatabase): Promise<() => Promise<void>> {
  if (database.dialect === 'mysql') {
    await database.run('LOCK TABLES params WRITE');
    return () => database.run('UNLOCK TABLES');
  }
  await database.run('BEGIN');
  await database.run('LOCK TABLE params');
  return () => database.run('COMMIT');
}

async function until(is: () => boolean, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!is()) {
    if (performance.now() > end) throw new Error(`It has not come within ${milliseconds} ms.`);
    await new Promise((settle) => setTimeout(settle, 20));
  }
}

function throughProxy(uri: string, port: number): string {
  const url = new URL(uri);
  url.host = `127.0.0.1:${port}`;
  return url.href;
}
