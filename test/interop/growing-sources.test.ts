import { join } from 'node:path';
import { expect } from '@jest/globals';
import { openStore } from '../../src/mlflow/open-store.js';
import { type GrowingSource, growingStoreContract } from '../contract/growing-store.js';
import type { ExpectedPoint } from '../contract/tracking-store.js';
import { scratch } from './harness.js';
import { type MlflowServer, type MlflowServerOptions, serveMlflow } from './mlflow-server.js';
import { MLFLOW_2 } from './python.js';
import { createDatabase, type ServerDialect } from './sql-server.js';

/** Metrics that MLflow takes with one request. */
const MOST_METRICS = 1000;

/** A run on a real server, which logs as MLflow's client does; read from `uri`, or from the server itself. */
async function source(
  options: MlflowServerOptions,
  rest: Pick<GrowingSource, 'isRead' | 'many'>,
  uri?: string,
): Promise<GrowingSource> {
  const server = await serveMlflow(options);
  const { run } = await post<{ run: { info: { run_id: string } } }>(server, 'runs/create', { experiment_id: '0' });
  return {
    store: openStore(uri ?? server.url),
    log: (points) => logAll(server, run.info.run_id, points),
    ...rest,
    remove: () => server.stop(),
  };
}

async function logAll(
  server: MlflowServer,
  runId: string,
  points: Readonly<Record<string, readonly ExpectedPoint[]>>,
): Promise<void> {
  const metrics = Object.entries(points).flatMap(([key, all]) =>
    all.map(({ timestamp, value, step }) => {
      return { key, value: Number.isFinite(value) ? value : String(value), timestamp, step: Number(step) };
    }),
  );
  for (let at = 0; at < metrics.length; at += MOST_METRICS) {
    await post(server, 'runs/log-batch', { run_id: runId, metrics: metrics.slice(at, at + MOST_METRICS) });
  }
}

async function post<T>(server: MlflowServer, path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect([answer.status, answer.ok ? '' : await answer.text()]).toEqual([200, '']);
  return (await answer.json()) as T;
}

async function database(dialect: ServerDialect): Promise<GrowingSource> {
  const made = await createDatabase(dialect);
  const flags = ['--backend-store-uri', made.uri];
  const grows = await source({ flags }, { isRead: 'from its mark', many: 3000 }, made.uri);
  return {
    ...grows,
    remove: async () => {
      await grows.remove();
      await made.drop();
    },
  };
}

growingStoreContract('PostgreSQL', () => database('postgresql'));
growingStoreContract('MariaDB', () => database('mysql'));
growingStoreContract('a server over SQLite', () => source({}, { isRead: 'from its mark' }));
growingStoreContract('a server over a file store', async () => {
  const flags = ['--backend-store-uri', join(await scratch(), 'mlruns')];
  return source({ flags }, { isRead: 'from its mark', many: 3000 });
});
growingStoreContract('a server of MLflow 2', () => source({ python: MLFLOW_2 }, { isRead: 'whole', many: 3000 }));
