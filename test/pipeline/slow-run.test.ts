import { afterEach, expect, test } from '@jest/globals';
import { FakeServer } from '../mlflow/rest/fake-server.js';
import { startCli } from '../support/command-line.js';
import { temporaryDirectory } from '../support/temporary.js';

let server: FakeServer;
afterEach(() => server.stop());

test('a run that takes its time does not hold up those behind it', async () => {
  const runIds = Array.from({ length: 20 }, (_, i) => String(i).padStart(32, '0'));
  const [slow, ...others] = runIds;
  const runs = runIds.map((runId) => ({ runId, experimentId: '1', status: 'FINISHED' as const, artifacts: {} }));
  server = await FakeServer.start({ experiments: [{ id: '1', name: 'e' }], runs });
  let release = () => {};
  const asked = new Promise<void>((settle) => {
    server.intercept = (request, response) => {
      if (!request.url?.includes('/artifacts?') || !request.url.includes(slow!)) return false;
      release = () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      settle();
      return true;
    };
  });
  const flags = ['--repo', temporaryDirectory(), '--concurrency', '2', '--log-format', 'json'];
  const { line, ended } = startCli(['convert', '--tracking-uri', server.uri, ...flags]);
  await asked;
  const done = (runId: string) => (text: string) => text.includes('"event":"run"') && text.includes(runId);
  await Promise.all(others.map((runId) => line(done(runId))));
  release();
  await line(done(slow!));
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});
