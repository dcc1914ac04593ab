import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HttpClient } from '../../src/mlflow/http/http-client.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { RestStore } from '../../src/mlflow/rest/rest-store.js';
import { type FakeRun, FakeServer } from '../mlflow/rest/fake-server.js';
import { FileStoreBuilder, metricLine } from '../support/file-store-builder.js';
import { MLFLOW_3_17, WITHOUT_METRIC_INDEX, WITHOUT_RUN_INDEXES } from '../support/mlflow-schema.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { type ActiveRunSource, activeRunContract } from './active-run.js';

const RUN = 'a'.repeat(32);

async function files(): Promise<ActiveRunSource> {
  const builder = new FileStoreBuilder();
  const directory = builder.run('0', { runId: RUN, status: 1, endTime: null });
  return {
    store: openStore(builder.root),
    log: async (points) => {
      for (const [key, added] of Object.entries(points)) {
        const file = join(directory, 'metrics', key);
        mkdirSync(dirname(file), { recursive: true });
        appendFileSync(file, added.map((point) => metricLine(point)).join(''));
      }
    },
    isRead: 'from its cursor',
    remove: async () => builder.remove(),
  };
}

async function sqlite(schema: string): Promise<ActiveRunSource> {
  const builder = new SqliteStoreBuilder(schema);
  builder.experiment({ id: 0, name: 'Default' });
  builder.run(0, { runId: RUN, status: 'RUNNING', endTime: null });
  return {
    store: openStore(builder.uri),
    log: async (points) => {
      builder.database.exec('BEGIN');
      for (const [key, added] of Object.entries(points)) builder.points(RUN, key, added);
      builder.database.exec('COMMIT');
    },
    isRead: 'from its cursor',
    remove: async () => builder.remove(),
  };
}

async function server(version: 2 | 3, keepsFiles: boolean): Promise<ActiveRunSource> {
  const run: FakeRun = { runId: RUN, experimentId: '0', status: 'RUNNING', metrics: {} };
  const runs = [run];
  const fake = await FakeServer.start({ version, keepsFiles, experiments: [{ id: '0', name: 'Default' }], runs });
  return {
    store: new RestStore(new HttpClient(fake.uri, { concurrency: 3 }, {})),
    log: async (points) => {
      const metrics = { ...runs[0]?.metrics };
      for (const [key, added] of Object.entries(points)) metrics[key] = [...(metrics[key] ?? []), ...added];
      runs[0] = { ...run, metrics };
    },
    isRead: version === 2 ? 'whole' : 'from its cursor',
    remove: () => fake.stop(),
  };
}

activeRunContract('file store', files);
activeRunContract('SQLite', () => sqlite(MLFLOW_3_17));
activeRunContract('SQLite before MLflow 3.12', () => sqlite(WITHOUT_METRIC_INDEX));
activeRunContract('SQLite before MLflow 1.25', () => sqlite(WITHOUT_RUN_INDEXES));
activeRunContract('tracking server, MLflow 3 over a database', () => server(3, false));
activeRunContract('tracking server, MLflow 3 over a file store', () => server(3, true));
activeRunContract('tracking server, MLflow 2 over a database', () => server(2, false));
activeRunContract('tracking server, MLflow 2 over a file store', () => server(2, true));
