import { DatabaseSync } from '@photostructure/sqlite';
import { openSqlStore } from '../../src/mlflow/open-sql-store.js';
import { DELETED_RUN, EXPECTED, FULL_RUN, LIVE_RUN, MISSING } from '../contract/sql-content.js';
import { type ContractSource, trackingStoreContract } from '../contract/tracking-store.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { createDatabase, type ServerDialect, type TestDatabase } from './sql-server.js';

const TABLES = [
  'experiments',
  'experiment_tags',
  'runs',
  'params',
  'tags',
  'metrics',
  'latest_metrics',
  'datasets',
  'inputs',
  'input_tags',
  'logged_models',
  'logged_model_params',
  'logged_model_tags',
];

/** The rows are those of a SQLite store. */
async function fill(database: TestDatabase): Promise<SqliteStoreBuilder> {
  const builder = new SqliteStoreBuilder();
  builder.experiment({ id: 1, name: 'old: ünd\nweg', deleted: true });
  builder.run(1, LIVE_RUN);
  builder.experiment({ id: 2, name: 'Default', tags: { 'mlflow.note.content': '# Note' } });
  builder.run(2, { ...FULL_RUN, artifactUri: `${builder.directory}/mlruns/2/${FULL_RUN.runId}/artifacts` });
  builder.run(2, DELETED_RUN);
  builder.experiment({ id: 5, name: 'empty' });
  await database.run('DELETE FROM experiments');
  const source = new DatabaseSync(builder.file, { readOnly: true, readBigInts: true });
  for (const table of TABLES) {
    await insert(database, table, source.prepare(`SELECT * FROM ${table}`).all() as Record<string, unknown>[]);
  }
  source.close();
  return builder;
}

async function insert(database: TestDatabase, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 1000) {
    const some = rows.slice(from, from + 1000);
    const names = Object.keys(some[0] ?? {});
    const values = some.flatMap((row) => names.map((name) => cell(name, row[name], database.dialect)));
    const tuple = `(${names.map(() => '?').join(', ')})`;
    const columns = names.map((name) => `"${name}"`).join(', ');
    await database.run(`INSERT INTO ${table} (${columns}) VALUES ${some.map(() => tuple).join(', ')}`, values);
  }
}

function cell(name: string, value: unknown, dialect: ServerDialect): unknown {
  if (name === 'is_nan') return dialect === 'postgresql' ? value === 1n : Number(value);
  return typeof value === 'bigint' ? String(value) : value;
}

function contract(dialect: ServerDialect, name: string, windowPoints?: number): void {
  trackingStoreContract(name, async (): Promise<ContractSource> => {
    const database = await createDatabase(dialect);
    const builder = await fill(database);
    const options = windowPoints === undefined ? {} : { windowPoints };
    return {
      store: openSqlStore(database.uri, dialect, options),
      second: openSqlStore(database.uri, dialect, {}),
      changes: { type: 'poll' },
      expected: EXPECTED,
      missing: { runId: MISSING, experimentId: '2', locator: '' },
      remove: async () => {
        builder.remove();
        await database.drop();
      },
    };
  });
}

contract('postgresql', 'PostgreSQL');
contract('postgresql', 'PostgreSQL, long runs, some metrics at a time', 20_000);
contract('mysql', 'MariaDB');
contract('mysql', 'MariaDB, long runs, some metrics at a time', 20_000);
