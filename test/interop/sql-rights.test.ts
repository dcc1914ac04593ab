import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import { unreadParts } from '../../src/mapping/unread-parts.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { openSqlStore } from '../../src/mlflow/open-sql-store.js';
import type { Notice, RunPart, RunRef } from '../../src/model.js';
import { python } from './python.js';
import { createRole, TABLES_READ, type TestRole } from './sql-role.js';
import { createDatabase, type TestDatabase } from './sql-server.js';

/** The parts that are lost with each table. */
const HIDDEN: readonly (readonly [table: string, parts: readonly RunPart[]])[] = [
  ['params', ['params']],
  ['tags', ['tags']],
  ['metrics', ['metrics']],
  ['datasets', ['datasets']],
  ['input_tags', ['datasets']],
  ['inputs', ['datasets', 'models']],
  ['logged_models', ['models']],
  ['logged_model_tags', ['models']],
];

const { signal } = new AbortController();

describe.each(['postgresql', 'mysql'] as const)('%s', (dialect) => {
  let database: TestDatabase;
  let role: TestRole;
  let warnings: string[] = [];
  const stores: TrackingStore[] = [];

  beforeAll(async () => {
    database = await createDatabase(dialect);
    await python(['log_all_parts.py', database.uri]);
    role = await createRole(database);
    await role.grant(...TABLES_READ);
  }, 120_000);
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    warnings = [];
    await role.grant(...TABLES_READ);
  });
  afterAll(async () => {
    await role.drop();
    await database.drop();
  });

  function open(): TrackingStore {
    const store = openSqlStore(role.uri, dialect, { warn: ({ message }) => void warnings.push(message) });
    stores.push(store);
    return store;
  }

  /** The GRANT that a sentence names, done. */
  async function allow(sentence: string): Promise<void> {
    const statements = sentence.match(/GRANT [^;]*/g) ?? [];
    expect(statements).not.toEqual([]);
    for (const statement of statements) await database.run(statement);
  }

  test.each(HIDDEN)('%s hidden: %j are told to be unread, until the GRANT that is named', async (table, parts) => {
    const whole = await reading(open());
    expect(whole.unread).toEqual([]);
    await role.revoke(table);
    const partial = await reading(open());
    expect(partial.unread).toEqual([...parts].sort());
    expect(partial.revision).not.toBe(whole.revision);
    for (const part of Object.keys(whole.content) as RunPart[]) {
      if (!parts.includes(part)) expect(partial.content[part]).toEqual(whole.content[part]);
    }
    expect(warnings).toHaveLength(1);
    await allow(warnings[0] ?? '');
    expect(await reading(open())).toEqual(whole);
    expect(warnings).toHaveLength(1);
  });

  test('a column hidden: its table is told to be unread', async () => {
    await role.revoke('tags');
    const [schema, key] =
      dialect === 'mysql' ? [`\`${new URL(database.uri).pathname.slice(1)}\`.`, '`key`'] : ['', 'key'];
    await database.run(`GRANT SELECT (run_uuid, ${key}) ON ${schema}tags TO ${role.name}`);
    expect((await reading(open())).unread).toEqual(['tags']);
    await allow(warnings[0] ?? '');
    expect((await reading(open())).unread).toEqual([]);
    await database.run(`REVOKE SELECT (run_uuid, ${key}) ON ${schema}tags FROM ${role.name}`);
  });

  test('a thread that learns of a right reads what the listing could not', async () => {
    await role.revoke('metrics', 'logged_models');
    const ref = await theRun(open());
    await role.grant('metrics', 'logged_models');
    const { content, unread } = await readingOf(open(), ref);
    expect(unread).toEqual([]);
    expect(content.metrics).toEqual(['acc 4', 'loss 4']);
    expect(content.models).toHaveLength(1);
  });

  test('a right that is taken in the middle: what it was for is unread', async () => {
    const store = open();
    const ref = await theRun(store);
    const before = await readingOf(store, ref);
    await role.revoke('params', 'metrics');
    const after = await readingOf(store, { ...ref, locator: ref.locator.replace(/^\["/, '["later') });
    expect(before.unread).toEqual([]);
    expect(after.unread).toEqual(['metrics', 'params']);
    expect(after.content.tags).toEqual(before.content.tags);
    const later = open();
    await role.grant('metrics');
    const listed = await theRun(later);
    await role.revoke('metrics');
    const unread: Notice[] = [];
    for await (const _ of later.history(listed, 'loss', { signal, notice: (notice) => void unread.push(notice) }));
    expect(unreadParts(unread)).toMatchObject([{ part: 'metrics', item: 'loss' }]);
  });

  test.each([[['runs']], [['experiments', 'experiment_tags']], [TABLES_READ]])(
    'without %j nothing can be read, and the GRANT is named',
    async (tables) => {
      await role.revoke(...tables);
      const error = await theRun(open()).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ConvertError);
      const { kind, sentence } = error as ConvertError;
      expect(kind).toBe('fatal');
      expect(sentence).not.toContain('upgrade');
      await allow(sentence);
      expect((await reading(open())).unread).toEqual([]);
    },
  );

  test('what an older MLflow never made is not hidden', async () => {
    const old = await createDatabase(dialect);
    await python(['log_all_parts.py', old.uri]);
    for (const table of ['logged_model_tags', 'logged_model_params', 'logged_model_metrics', 'logged_models']) {
      await old.run(`DROP TABLE ${table}`);
    }
    await old.run('ALTER TABLE inputs DROP COLUMN step');
    await old.run("UPDATE alembic_version SET version_num = '0584bdc529eb'");
    const reader = await createRole(old);
    await reader.grant(...TABLES_READ.filter((table) => !table.startsWith('logged_model')));
    const store = openSqlStore(reader.uri, dialect, { warn: ({ message }) => void warnings.push(message) });
    const { unread, content } = await reading(store);
    await store.close();
    await reader.drop();
    await old.drop();
    expect([unread, warnings, content.models]).toEqual([[], [], []]);
    expect(content.datasets).toHaveLength(1);
  }, 120_000);
});

test('postgresql: without the right to the schema, that is named', async () => {
  const database = await createDatabase('postgresql');
  await python(['log_all_parts.py', database.uri]);
  await database.run('REVOKE ALL ON SCHEMA public FROM public');
  const role = await createRole(database);
  await role.grant(...TABLES_READ);
  const store = openSqlStore(role.uri, 'postgresql', {});
  await expect(theRun(store)).rejects.toMatchObject({
    hint: expect.stringContaining('GRANT USAGE ON SCHEMA public TO'),
  });
  await store.close();
  await role.drop();
  await database.drop();
}, 120_000);

async function theRun(store: TrackingStore): Promise<RunRef> {
  let found: RunRef | undefined;
  for await (const experiment of store.experiments(signal)) {
    for await (const ref of store.runs(experiment, signal)) found = ref;
  }
  if (found === undefined) throw new Error('The database has no runs.');
  return found;
}

async function reading(store: TrackingStore) {
  return readingOf(store, await theRun(store));
}

async function readingOf(store: TrackingStore, ref: RunRef) {
  const notices: Notice[] = [];
  const context = { signal, notice: (notice: Notice) => void notices.push(notice) };
  const { params, tags, datasets, models } = await store.run(ref, context);
  const metrics: string[] = [];
  for (const key of (await store.metricKeys(ref, context)).sort()) {
    let points = 0;
    for await (const { steps } of store.history(ref, key, context)) points += steps.length;
    metrics.push(`${key} ${points}`);
  }
  const unread = [...new Set(unreadParts(notices).map(({ part }) => part))].sort();
  const content = { params: [...params], tags: [...tags], metrics, datasets, models } as Record<RunPart, unknown>;
  return { revision: await store.revision(ref, signal), unread, content };
}
