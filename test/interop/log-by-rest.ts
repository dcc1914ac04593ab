import type { ExpectedPoint } from '../contract/tracking-store.js';
import type { MlflowServer } from './mlflow-server.js';

/** Metrics that MLflow takes with one request. */
const MOST_METRICS = 1000;

/** Begins a run in the default experiment of a server; gives its id. */
export async function createRun(server: MlflowServer): Promise<string> {
  const { run } = await post<{ run: { info: { run_id: string } } }>(server, 'runs/create', {
    experiment_id: '0',
    start_time: Date.now(),
  });
  return run.info.run_id;
}

export async function endRun(server: MlflowServer, runId: string): Promise<void> {
  await post(server, 'runs/update', { run_id: runId, status: 'FINISHED', end_time: Date.now() });
}

/** Logs points as MLflow's client does. */
export async function logPoints(
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
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
