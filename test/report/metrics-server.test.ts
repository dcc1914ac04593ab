import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import { MetricsServer } from '../../src/report/metrics-server.js';
import { makeRun } from './make-run.js';

let events: ConvertEvents;
let server: MetricsServer;

beforeEach(async () => {
  events = new ConvertEvents();
  server = await MetricsServer.listen({ host: '127.0.0.1', port: 0 }, events);
});
afterEach(() => server.close());

const get = (path: string, init?: RequestInit) => fetch(server.url + path, init);

async function metrics(): Promise<Map<string, number>> {
  const lines = (await (await get('/metrics')).text()).split('\n').filter((line) => line !== '' && line[0] !== '#');
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

describe('/metrics', () => {
  test('tells the numbers of a watch', async () => {
    events.emit('watching', { how: 'events', active: 2, nextWithin: 60 });
    events.emit('run:done', makeRun());
    events.emit('run:done', makeRun({ outcome: 'failed' }));
    events.emit('run:deleted', { runId: 'a', runHash: 'a', experiment: 'e', action: 'archived' });
    events.emit('progress', { points: 7, artifactBytes: 9 });
    events.emit('pass', { complete: false, runs: 1, changed: 1, active: 3, seconds: 0.1, lag: 0.7 });
    events.emit('warning', { code: 'polling', message: 'Oh.' });
    const told = await metrics();
    expect(Object.fromEntries(told)).toMatchObject({
      mlflow2aim_runs_active: 3,
      mlflow2aim_points_total: 7,
      mlflow2aim_artifact_bytes_total: 9,
      'mlflow2aim_runs_total{outcome="new"}': 1,
      'mlflow2aim_runs_total{outcome="failed"}': 1,
      'mlflow2aim_runs_total{outcome="archived"}': 1,
      'mlflow2aim_errors_total{kind="run"}': 1,
      'mlflow2aim_errors_total{kind="warning"}': 1,
      'mlflow2aim_errors_total{kind="source"}': 0,
      mlflow2aim_source_available: 1,
      mlflow2aim_lag_seconds_count: 1,
      mlflow2aim_lag_seconds_sum: 0.7,
    });
    expect(told.get('mlflow2aim_last_complete_pass_age_seconds')).toBeLessThan(60);
    const success = told.get('mlflow2aim_last_success_timestamp_seconds')!;
    expect(Math.abs(success - Date.now() / 1000)).toBeLessThan(60);
    expect(told.get('mlflow2aim_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  test('is in the format that Prometheus asks for', async () => {
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await answer.text()).toContain('# TYPE mlflow2aim_runs_active gauge');
  });
});

test('/healthz tells whether the watch works, waits, or gets nothing from its source', async () => {
  const health = async () => {
    const answer = await get('/healthz');
    return [answer.status, await answer.json()];
  };
  expect(await health()).toEqual([200, { status: 'starting' }]);
  events.emit('watching', { how: 'events', active: 0, nextWithin: 60 });
  expect(await health()).toEqual([200, { status: 'ok' }]);
  events.emit('source', { available: false, code: 'unreachable', message: 'It is down.' });
  expect(await health()).toEqual([200, { status: 'waiting', message: 'It is down.' }]);
  events.emit('source', { available: true, message: 'It is back.' });
  expect(await health()).toEqual([200, { status: 'ok' }]);
  events.emit('pass', { complete: true, runs: 1, changed: 0, active: 0, seconds: 0.1, nextWithin: -1 });
  expect(await health()).toEqual([503, { status: 'stalled', message: expect.stringContaining('holds the watch up') }]);
});

test('there is nothing else, and nothing to change', async () => {
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
});

test('an address that is taken is refused with a sentence', async () => {
  const port = Number(new URL(server.url).port);
  await expect(MetricsServer.listen({ host: '127.0.0.1', port }, events)).rejects.toMatchObject({
    kind: 'fatal',
    message: `127.0.0.1:${port} cannot be listened on: that port is in use.`,
  });
});
