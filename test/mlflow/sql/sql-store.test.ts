import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { ConvertError } from '../../../src/errors.js';
import type { Warning } from '../../../src/events.js';
import { unreadParts } from '../../../src/mapping/unread-parts.js';
import type { TrackingStore } from '../../../src/mlflow/common/tracking-store.js';
import { openSqlStore } from '../../../src/mlflow/open-sql-store.js';
import type { Experiment, Notice, RunRef, StageContext } from '../../../src/model.js';
import { listing } from '../../support/file-listing.js';
import { SqliteStoreBuilder } from '../../support/sqlite-store-builder.js';

const RUN = 'a'.repeat(32);
const { signal } = new AbortController();
const context: StageContext = { signal, notice: () => undefined };
const curve = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ timestamp: from + at, value: at, step: BigInt(from + at) }));

let builder: SqliteStoreBuilder;
beforeEach(() => {
  builder = new SqliteStoreBuilder();
  builder.experiment({ id: 1, name: 'one' });
});
afterEach(() => builder.remove());

async function experimentsOf(store: TrackingStore): Promise<Experiment[]> {
  const found: Experiment[] = [];
  for await (const experiment of store.experiments(signal)) found.push(experiment);
  return found;
}

async function withStore<T>(work: (store: TrackingStore) => Promise<T>, uri = builder.uri): Promise<T> {
  const store = openSqlStore(
    uri,
    uri.startsWith('sqlite') ? 'sqlite' : uri.startsWith('mysql') ? 'mysql' : 'postgresql',
    {},
  );
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function runsOf(store: TrackingStore): Promise<RunRef[]> {
  const found: RunRef[] = [];
  for (const experiment of await experimentsOf(store)) {
    for await (const ref of store.runs(experiment, signal)) found.push(ref);
  }
  return found;
}

const revision = (): Promise<string> =>
  withStore(async (store) => {
    const [ref] = await runsOf(store);
    return store.revision(ref!, signal);
  });

test('a run of MLflow before 1.0, whose source is told by no tag, has the tags that a later version would have written', async () => {
  builder.run(1, { runId: RUN, tags: { 'mlflow.source.git.commit': 'kept' } });
  builder.database.exec("UPDATE runs SET source_name = 'train.py', source_type = 'LOCAL', source_version = '0123abc'");
  const { tags } = await withStore(async (store) => store.run((await runsOf(store))[0]!, context));
  expect(Object.fromEntries(tags)).toEqual({
    'mlflow.source.name': 'train.py',
    'mlflow.source.type': 'LOCAL',
    'mlflow.source.git.commit': 'kept',
  });
});

describe('the revision of a run changes with', () => {
  const changes: Readonly<Record<string, () => void>> = {
    'a late point with a smaller step': () => builder.points(RUN, 'loss', [{ timestamp: 0, value: 9, step: -1n }]),
    'a new metric': () => builder.points(RUN, 'acc', curve(0, 1)),
    'a param': () => builder.database.exec(`INSERT INTO params (run_uuid, key, value) VALUES ('${RUN}', 'b', '2')`),
    'a tag that is removed': () => builder.database.exec("DELETE FROM tags WHERE key = 'team'"),
    'its status': () => builder.database.exec("UPDATE runs SET status = 'FAILED'"),
    'its deletion': () => builder.database.exec("UPDATE runs SET lifecycle_stage = 'deleted'"),
    'a dataset': () =>
      builder.database.exec(`INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source)
        VALUES ('d', 1, 'd', 'x', 'local', '{}'); INSERT INTO inputs VALUES ('i', 'DATASET', 'd', 'RUN', '${RUN}', 0)`),
    'a tag of one of its models': () =>
      builder.database.exec("INSERT INTO logged_model_tags VALUES ('m', 1, 'k', 'v')"),
  };

  test.each(Object.keys(changes))('%s', async (change) => {
    const models = [{ id: 'm', name: 'm' }];
    builder.run(1, { runId: RUN, params: { a: '1' }, tags: { team: 'red' }, metrics: { loss: curve(0, 10) }, models });
    const before = await revision();
    expect(await revision()).toBe(before);
    changes[change]?.();
    expect(await revision()).not.toBe(before);
  });

  test('a file that a live run logs', async () => {
    const live = { runId: RUN, status: 'RUNNING', endTime: null, artifacts: { 'a.txt': 'a' } };
    builder.run(1, live);
    const before = await revision();
    builder.database.exec('DELETE FROM runs');
    builder.run(1, { ...live, artifacts: { 'b.txt': 'b' } });
    expect(await revision()).not.toBe(before);
  });
});

test('a run that has grown is read anew, also where reading it was given up half way before', async () => {
  builder.run(1, { runId: RUN, status: 'RUNNING', endTime: null, metrics: { a: curve(0, 10), b: curve(0, 10) } });
  await withStore(async (store) => {
    const lengths: number[] = [];
    for (const _ of [1, 2]) {
      const [ref] = await runsOf(store);
      for await (const batch of store.history(ref!, 'a', context)) lengths.push(batch.steps.length);
      builder.points(RUN, 'a', curve(10, 15));
    }
    expect(lengths).toEqual([10, 15]);
  });
});

test('reading leaves the directory as it is', async () => {
  builder.run(1, { runId: RUN, metrics: { loss: curve(0, 10) } });
  builder.database.close();
  const before = listing(builder.directory);
  await withStore(async (store) => {
    const [ref] = await runsOf(store);
    for await (const _ of store.history(ref!, 'loss', context));
  });
  expect(listing(builder.directory)).toEqual(before);
});

test('texts come whole, whatever Python wrote into them', async () => {
  builder.run(1, { runId: RUN, params: { text: 'a\nb\r\nc', empty: '' } });
  builder.database.exec(`INSERT INTO params (run_uuid, key, value) VALUES ('${RUN}', 'nul', 'a' || char(0) || 'ü')`);
  builder.database.exec(`UPDATE runs SET name = 'n' || char(0) || 'ü', user_id = 'u' || char(0) || 'ü'`);
  const run = await withStore(async (store) => store.run((await runsOf(store))[0]!, context));
  expect(Object.fromEntries(run.params)).toEqual({ text: 'a\nb\r\nc', empty: '', nul: 'a\0ü' });
  expect([run.name, run.userId]).toEqual(['n\0ü', 'u\0ü']);
});

test('only the default workspace is read, and the others are told; another one on request', async () => {
  builder.experiment({ id: 2, name: 'one', workspace: 'team-b' });
  const warnings: string[] = [];
  const warn = ({ message }: Warning): void => void warnings.push(message);
  const names: string[] = [];
  for (const workspace of [undefined, 'team-b']) {
    const store = openSqlStore(builder.uri, 'sqlite', { warn, ...(workspace !== undefined && { workspace }) });
    names.push((await experimentsOf(store)).map(({ id }) => id).join());
    await store.close();
  }
  expect(names).toEqual(['1', '2']);
  expect(warnings[0]).toContain('workspace default');
  expect(warnings[0]).toContain('team-b');
});

describe('what cannot be read is one fatal sentence', () => {
  const sentence = async (uri: string): Promise<string> => {
    try {
      await withStore(runsOf, uri);
    } catch (cause) {
      if (cause instanceof ConvertError && cause.kind === 'fatal') return cause.sentence;
      throw cause;
    }
    throw new Error(`${uri} was read`);
  };

  test('a database of somebody else', async () => {
    const database = new DatabaseSync(`${builder.directory}/other.db`);
    database.exec('CREATE TABLE runs (id)');
    database.close();
    expect(await sentence(`sqlite:///${builder.directory}/other.db`)).toContain('has no table experiments');
  });

  test.each([
    ['without end', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT t.* FROM them t JOIN n'],
    ['of the same rows', 'SELECT * FROM them'],
  ])('a view in the place of a table: %s', async (_, select) => {
    for (const table of ['params', 'metrics', 'datasets', 'runs']) {
      builder.database.exec(`ALTER TABLE ${table} RENAME TO them; CREATE VIEW ${table} AS ${select}`);
      expect(await sentence(builder.uri)).toContain(`${table} is a view`);
      builder.database.exec(`DROP VIEW ${table}; ALTER TABLE them RENAME TO ${table}`);
    }
  });

  test('a virtual table in the place of a table', async () => {
    builder.database.exec('DROP TABLE tags; CREATE VIRTUAL TABLE tags USING fts5(key, value, run_uuid)');
    expect(await sentence(builder.uri)).toContain('tags is a view');
  });

  test('a file that is no database, none at all, and a directory', async () => {
    expect(await sentence(`sqlite:///${import.meta.filename}`)).toContain('is not a SQLite database');
    expect(await sentence('sqlite:////no/such/file.db')).toContain('does not exist');
    expect(await sentence(`sqlite:///${builder.directory}`)).toContain('is not a file');
  });

  /** A server that gives these answers one after the other, whatever it is asked. */
  async function answering(answers: readonly Buffer[], uri: (port: number) => string): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      const left = [...answers];
      socket.on('data', () => void socket.write(left.shift() ?? ''));
    });
    server.listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as { port: number };
    try {
      return await sentence(uri(port));
    } finally {
      await new Promise((closed) => server.close(closed));
    }
  }

  test('PostgreSQL requires a password and gets none; does not support the TLS that is required', async () => {
    const scram = Buffer.concat([Buffer.from([82, 0, 0, 0, 23, 0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')]);
    const goOn = Buffer.from([82, 0, 0, 0, 9, 0, 0, 0, 11, 0]);
    const uri = (mode: string) => (port: number) => `postgresql://u@127.0.0.1:${port}/db?sslmode=${mode}`;
    expect(await answering([scram, goOn], uri('disable'))).toContain('requires a password');
    expect(await answering([Buffer.from('N')], uri('require'))).toContain('does not support TLS');
  });

  test.each(['postgresql', 'mysql'])('a %s server that is not there, without the password', async (dialect) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as { port: number };
    await new Promise((closed) => server.close(closed));
    const said = await sentence(`${dialect}://user:secret@127.0.0.1:${port}/db`);
    expect(said).toContain(`${dialect}://127.0.0.1:${port}/db refuses connections`);
    expect(said).not.toContain('secret');
  });
});

test('a text of more than 16 MiB is left out and told, and the others come', async () => {
  const dataset = { id: 'd', name: 'large', digest: 'x' };
  builder.run(1, { runId: RUN, params: { a: '1' }, tags: { team: 'red' }, datasets: [dataset] });
  const long = `printf('%.*c', ${17 * 1024 * 1024}, 'x')`;
  builder.database.exec(`INSERT INTO params (run_uuid, key, value) VALUES ('${RUN}', 'long', ${long})`);
  builder.database.exec(`INSERT INTO tags (run_uuid, key, value) VALUES ('${RUN}', 'long', 'a' || char(0) || ${long})`);
  builder.database.exec(`UPDATE datasets SET dataset_profile = ${long}`);
  const notices: Notice[] = [];
  const telling = { signal, notice: (notice: Notice) => void notices.push(notice) };
  const run = await withStore(async (store) => store.run((await runsOf(store))[0]!, telling));
  expect([[...run.params], [...run.tags], run.datasets]).toEqual([[['a', '1']], [['team', 'red']], []]);
  const parts = [
    { part: 'datasets', item: 'large' },
    { part: 'params', item: 'long' },
    { part: 'tags', item: 'long' },
  ];
  expect(unreadParts(notices).sort((a, b) => (a.part < b.part ? -1 : 1))).toMatchObject(parts);
});

describe('of a metric whose points were deleted', () => {
  const left = async (): Promise<{ keys: string[]; points: string[]; notices: Notice[] }> => {
    const notices: Notice[] = [];
    const telling = { signal, notice: (notice: Notice) => void notices.push(notice) };
    return withStore(async (store) => {
      const [ref] = await runsOf(store);
      const keys = await store.metricKeys(ref!, telling);
      const points: string[] = [];
      for (const key of keys) {
        for await (const { steps, values, timestamps } of store.history(ref!, key, telling)) {
          steps.forEach((step, at) => void points.push(`${key} ${step} ${values[at]} ${timestamps[at]}`));
        }
      }
      return { keys: keys.sort(), points, notices };
    });
  };

  test.each([
    ['all', ''],
    ['some', "WHERE key <> 'kept'"],
  ])('%s: the latest one comes, with a notice', async (_, which) => {
    const nan = [{ timestamp: 5, value: Number.NaN, step: 5n }];
    builder.run(1, { runId: RUN, metrics: { loss: curve(0, 4), nan, kept: curve(0, 2) } });
    const lost = which === '' ? ['kept', 'loss', 'nan'] : ['loss', 'nan'];
    builder.database.exec(`DELETE FROM metrics ${which}`);
    const { keys, points, notices } = await left();
    expect(keys).toEqual(['kept', 'loss', 'nan']);
    expect(points).toContain('loss 3 3 3');
    expect(points).toContain('nan 5 NaN 5');
    expect(points).toHaveLength(which === '' ? 3 : 4);
    expect(notices.map((notice) => (notice.kind === 'history-missing' ? notice.metric : notice.kind)).sort()).toEqual(
      lost,
    );
  });

  test('nothing comes of what was never logged', async () => {
    builder.run(1, { runId: RUN, metrics: {} });
    expect(await left()).toEqual({ keys: [], points: [], notices: [] });
  });
});

describe('points that a model has with their dataset', () => {
  const insert = (key: string, time: number, step: number, value: number, name: string, digest: string, model = 'm') =>
    builder.database.exec(
      `INSERT INTO logged_model_metrics VALUES ('${model}', '${key}', ${time}, ${step}, ${value}, 1, '${RUN}', NULL, '${name}', '${digest}')`,
    );

  /** `key dataset digest step value`, in the order of datasets. */
  const read = () =>
    withStore(async (store) => {
      const [ref] = await runsOf(store);
      const points: string[] = [];
      for (const key of await store.metricKeys(ref!, context)) {
        for await (const { steps, values, dataset } of store.history(ref!, key, context)) {
          const { name = '-', digest = '-' } = dataset ?? {};
          steps.forEach((step, at) => void points.push(`${key} ${name} ${digest} ${step} ${values[at]}`));
        }
      }
      const changes = [];
      for await (const change of store.changesSince!(ref!, new Map(), context)) changes.push(change.type);
      return { points: points.sort(), changes, revision: await store.revision(ref!, signal) };
    });

  beforeEach(() => {
    // models of any run may have them
    builder.database.exec('PRAGMA foreign_keys = OFF');
    builder.database.exec(`CREATE TABLE logged_model_metrics (model_id VARCHAR(36), metric_name VARCHAR(500),
      metric_timestamp_ms BIGINT, metric_step BIGINT, metric_value FLOAT, experiment_id INTEGER, run_id VARCHAR(32),
      dataset_uuid VARCHAR(36), dataset_name VARCHAR(500), dataset_digest VARCHAR(36))`);
    const points = [0.1 + 0.2, 0.5, Number.NaN].map((value, at) => ({ timestamp: at, value, step: 1n }));
    builder.run(1, { runId: RUN, status: 'RUNNING', metrics: { acc: points, loss: curve(0, 1) } });
  });

  test('get it, whatever became of the last digits; others stay without', async () => {
    const before = await read();
    expect(before.changes).toContain('points');
    insert('acc', 0, 1, 0.3, 'train', 'a');
    insert('acc', 2, 1, 0, 'test', 'b');
    insert('loss', 0, 0, 7, 'of another value', 'c');
    const after = await read();
    expect(after.points).toEqual(['acc - - 1 0.5', 'acc test b 1 NaN', `acc train a 1 ${0.1 + 0.2}`, 'loss - - 0 0']);
    expect(after.revision).not.toBe(before.revision);
    expect(new Set(after.changes)).toEqual(new Set(['rewritten']));
  });

  test('of two datasets at one time, step and value are there twice, as they were logged', async () => {
    insert('acc', 1, 1, 0.5, 'train', 'a', 'first');
    insert('acc', 1, 1, 0.5, 'test', 'b', 'second');
    const { points } = await read();
    expect(points.filter((point) => point.endsWith(' 0.5'))).toEqual(['acc test b 1 0.5', 'acc train a 1 0.5']);
  });
});

test('a long metric with thousands of points at one time is streamed whole and in order, whatever other runs log then', async () => {
  const atOneTime = (time: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ timestamp: time, value: at, step: BigInt(at) }));
  // the first page ends within time 5; 4,000 is twice a page exactly
  const points = [...curve(0, 5), ...atOneTime(5, 4000), ...atOneTime(6, 2000), ...curve(7, 30)];
  const others = [...curve(3, 5), ...atOneTime(5, 3000), ...atOneTime(8, 6000)];
  builder.run(1, { runId: RUN, metrics: { loss: points } });
  builder.run(1, { runId: 'b'.repeat(32), metrics: { loss: others } });
  const store = openSqlStore(builder.uri, 'sqlite', { windowPoints: 10 });
  try {
    const ref = (await runsOf(store)).find(({ runId }) => runId === RUN)!;
    const read: { timestamp: number; value: number; step: bigint }[] = [];
    for await (const { steps, values, timestamps } of store.history(ref, 'loss', context)) {
      for (const [at, step] of steps.entries()) read.push({ timestamp: timestamps[at]!, value: values[at]!, step });
    }
    expect(read).toEqual(points);
  } finally {
    await store.close();
  }
});
