import type { ExpectedPoint } from '../contract/tracking-store.js';

/** A tracking server; a user and a password may stand in the URL. */
interface Server {
  readonly url: string;
}

/** Metrics that MLflow takes with one request. */
const MOST_METRICS = 1000;

/** Begins a run in the default experiment of a server; gives its id. */
export async function createRun(server: Server): Promise<string> {
  const { run } = await post<{ run: { info: { run_id: string } } }>(server, 'runs/create', {
    experiment_id: '0',
    start_time: Date.now(),
  });
  return run.info.run_id;
}

export async function endRun(server: Server, runId: string): Promise<void> {
  await post(server, 'runs/update', { run_id: runId, status: 'FINISHED', end_time: Date.now() });
}

/** Logs points as MLflow's client does. */
export async function logPoints(
  server: Server,
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

/** Uploads an artifact of a run of the default experiment through the server's proxy. */
export async function logText(server: Server, runId: string, path: string, text: string): Promise<void> {
  await send(server, `mlflow-artifacts/artifacts/0/${runId}/artifacts/${path}`, { method: 'PUT', body: text });
}

async function post<T>(server: Server, path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await send(server, `mlflow/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as T;
}

async function send({ url }: Server, path: string, request: RequestInit): Promise<Response> {
  const { username, password, origin, pathname } = new URL(url);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = { ...request.headers, ...(username !== '' && { authorization: `Basic ${btoa(credentials)}` }) };
  const answer = await fetch(`${origin}${pathname.replace(/\/$/, '')}/api/2.0/${path}`, { ...request, headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}
