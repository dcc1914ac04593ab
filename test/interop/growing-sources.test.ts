import { join } from 'node:path';
import { openStore } from '../../src/mlflow/open-store.js';
import { type ActiveRunSource, activeRunContract } from '../contract/active-run.js';
import { scratch } from './harness.js';
import { createRun, logPoints } from './log-by-rest.js';
import { type MlflowServerOptions, serveMlflow } from './mlflow-server.js';
import { MLFLOW_2 } from './python.js';
import { createDatabase, type ServerDialect } from './sql-server.js';

/** A run on a real server, which logs as MLflow's client does; read from `uri`, or from the server itself. */
async function source(
  options: MlflowServerOptions,
  rest: Pick<ActiveRunSource, 'isRead' | 'many'>,
  uri?: string,
): Promise<ActiveRunSource> {
  const server = await serveMlflow(options);
  const runId = await createRun(server);
  return {
    store: openStore(uri ?? server.url),
    log: (points) => logPoints(server, runId, points),
    ...rest,
    remove: () => server.stop(),
  };
}

async function database(dialect: ServerDialect): Promise<ActiveRunSource> {
  const made = await createDatabase(dialect);
  const flags = ['--backend-store-uri', made.uri];
  const grows = await source({ flags }, { isRead: 'from its cursor', many: 3000 }, made.uri);
  return {
    ...grows,
    remove: async () => {
      await grows.remove();
      await made.drop();
    },
  };
}

activeRunContract('PostgreSQL', () => database('postgresql'));
activeRunContract('MariaDB', () => database('mysql'));
activeRunContract('a server over SQLite', () => source({}, { isRead: 'from its cursor' }));
activeRunContract('a server over a file store', async () => {
  const flags = ['--backend-store-uri', join(await scratch(), 'mlruns')];
  return source({ flags }, { isRead: 'from its cursor', many: 3000 });
});
activeRunContract('a server of MLflow 2', () => source({ python: MLFLOW_2 }, { isRead: 'whole', many: 3000 }));
