import { openSqlStore } from '../../src/mlflow/open-sql-store.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { MLFLOW_3_17, WITHOUT_METRIC_INDEX, WITHOUT_RUN_INDEXES } from '../support/mlflow-schema.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { DELETED_RUN, EXPECTED, FULL_RUN, LIVE_RUN, MISSING } from './sql-content.js';
import { type ContractSource, trackingStoreContract } from './tracking-store.js';

function build(schema: string): SqliteStoreBuilder {
  const builder = new SqliteStoreBuilder(schema);
  builder.experiment({ id: 0, name: 'Default', tags: { 'mlflow.note.content': '# Note' } });
  builder.run(0, FULL_RUN);
  builder.run(0, DELETED_RUN);
  // as migrate-filestore makes them
  builder.experiment({ id: 112233445566778899n, name: 'old: ünd\nweg', deleted: true });
  builder.run(112233445566778899n, LIVE_RUN);
  builder.experiment({ id: 5, name: 'empty' });
  return builder;
}

function source(builder: SqliteStoreBuilder, windowPoints?: number): ContractSource {
  const options = windowPoints === undefined ? {} : { windowPoints };
  return {
    store: openSqlStore(builder.uri, 'sqlite', options),
    second: openStore(builder.uri.replace('mlflow', '%6Dlflow')),
    changes: { type: 'file', file: builder.file },
    expected: EXPECTED,
    missing: { runId: MISSING, experimentId: '0', locator: '' },
    remove: async () => builder.remove(),
  };
}

trackingStoreContract('SQLite', async () => source(build(MLFLOW_3_17)));
trackingStoreContract('SQLite, long runs, some metrics at a time', async () => source(build(MLFLOW_3_17), 20_000));
trackingStoreContract('SQLite before MLflow 3.12, long runs', async () => source(build(WITHOUT_METRIC_INDEX), 20_000));
trackingStoreContract('SQLite before MLflow 1.25', async () => source(build(WITHOUT_RUN_INDEXES)));
trackingStoreContract('SQLite before MLflow 1.25, long runs', async () => source(build(WITHOUT_RUN_INDEXES), 10));
