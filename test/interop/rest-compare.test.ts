import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { chaosProxy } from './chaos-proxy.js';
import { differences, expectedRuns, type RunRecord, readAim, some } from './compare.js';
import { compressingProxy } from './compressing-proxy.js';
import { convert, fillStore, makeStore, mlflow2aim, outcomes, scratch } from './harness.js';
import { createRun, endRun, logPoints, logText } from './log-by-rest.js';
import { type MlflowServer, serveMlflow } from './mlflow-server.js';
import { MLFLOW_2 } from './python.js';

/** Converts what a server has, and compares Aim's reading with MLflow's. `told`: what expected.py should know besides. */
async function isWholeInAim(uri: string, flags: readonly string[] = [], told: readonly string[] = []): Promise<void> {
  const repo = await scratch();
  const report = await convert(uri, repo, flags);
  const [expected, read] = [await expectedRuns(uri, [...flags, ...told]), await readAim(repo)];
  expect(some(differences(expected, read.runs))).toBe('');
  expect(read.indexProblems).toEqual([]);
  expect(outcomes(report).new).toBe(expected.size);
}

describe('a server over a database, artifacts through its proxy', () => {
  let server: MlflowServer;
  let expected: Map<string, RunRecord>;

  beforeAll(async () => {
    server = await serveMlflow();
    for (const shape of ['small', 'edge', 'artifacts'] as const) await fillStore(shape, server.url);
    expected = await expectedRuns(server.url);
  });

  test('everything is whole in Aim, and a second conversion finds nothing changed', async () => {
    const repo = await scratch();
    const first = outcomes(await convert(server.url, repo));
    const read = await readAim(repo);
    expect(some(differences(expected, read.runs))).toBe('');
    expect(read.indexProblems).toEqual([]);
    expect(first.new).toBe(expected.size);
    expect(outcomes(await convert(server.url, repo))).toEqual({ skipped: first.skipped, unchanged: first.new });
  });

  test('with deleted runs, and every repetition', () =>
    isWholeInAim(server.url, ['--include-deleted', '--repeated-steps', 'split']));

  test('behind a gateway that compresses whatever it is asked for, the result is the same', async () => {
    const gateway = await compressingProxy(server.url);
    const repo = await scratch();
    await convert(`${gateway.url}/old`, repo);
    expect(gateway.answers.size).toBe(4);
    const read = await readAim(repo);
    const asStraight = JSON.stringify([...read.runs]).replaceAll(`${gateway.url}/old`, server.url);
    expect(some(differences(expected, new Map(JSON.parse(asStraight) as [string, RunRecord][])))).toBe('');
    await gateway.stop();
  });

  test('behind a proxy that breaks one answer in eight, the result is the same', async () => {
    const chaos = await chaosProxy(server.url);
    const repo = await scratch();
    const env = {
      ...process.env,
      MLFLOW_HTTP_REQUEST_TIMEOUT: '3',
      MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: '0.05',
      MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: '0.05',
    };
    const ended = await mlflow2aim(['convert', '--tracking_uri', chaos.url, '--repo', repo], { env });
    expect(`${ended.code} ${ended.code === 0 ? '' : ended.stderr}`).toBe('0 ');
    expect(chaos.troubles.size).toBe(5);
    const read = await readAim(repo);
    const asStraight = JSON.stringify([...read.runs]).replaceAll(chaos.url, server.url);
    expect(some(differences(expected, new Map(JSON.parse(asStraight) as [string, RunRecord][])))).toBe('');
    await chaos.stop();
  });
});

test('a server over a file store', async () => {
  const store = await makeStore('edge');
  const server = await serveMlflow({ flags: ['--backend-store-uri', store, '--no-serve-artifacts'] });
  await isWholeInAim(server.url, [], ['--files-behind']);
});

/** A run with two points; what more is logged to it costs the server more than it proves. */
async function logRun(server: { readonly url: string }): Promise<string> {
  const run = await createRun(server);
  const points = [0n, 1n].map((step) => ({ step, value: 0.5, timestamp: Date.now() }));
  await logPoints(server, run, { loss: points });
  return run;
}

/** Points of a history that a server gives in three pages, of 25,000 each. */
const LONG = 51_000;

test('a history of three pages, and an artifact through a proxy, behind a prefix', async () => {
  const server = await serveMlflow({ prefix: '/mlf' });
  const run = await logRun(server);
  await logText(server, run, 'out/note.txt', 'an artifact');
  // out of the order of time; MLflow's client would need 51 requests for them
  const database = new DatabaseSync(join(server.directory, 'm.db'), { timeout: 10_000 });
  database.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${LONG - 1})
    INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan)
      SELECT 'long', n / 7.0, 1700000000000 + n, '${run}', n, 0 FROM numbers ORDER BY n < ${LONG / 2}, n;
    INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan)
      SELECT key, value, timestamp, run_uuid, step, is_nan FROM metrics WHERE key = 'long' AND step = ${LONG - 1}`);
  database.close();
  await endRun(server, run);
  await isWholeInAim(`${server.url}/`);
});

test('a server that does not proxy artifacts, behind a prefix', async () => {
  const files = join(await scratch(), 'files');
  const flags = ['--no-serve-artifacts', '--default-artifact-root', files];
  const server = await serveMlflow({ flags, prefix: '/tracking/mlflow' });
  await fillStore('small', server.url);
  await isWholeInAim(server.url, ['--include-deleted']);
});

test('a server of MLflow 2.22, over a database', async () => {
  const server = await serveMlflow({ python: MLFLOW_2 });
  await fillStore('edge', server.url);
  await isWholeInAim(server.url, ['--include-deleted']);
});

test('a server of MLflow 2.22, over a file store', async () => {
  const server = await serveMlflow({
    python: MLFLOW_2,
    flags: ['--backend-store-uri', './mlruns', '--no-serve-artifacts'],
  });
  await fillStore('edge', server.url);
  await isWholeInAim(server.url, [], ['--files-behind']);
});

describe('a server that wants to know who asks', () => {
  const password = 'pass/w@rd of a test: 100%';
  let server: MlflowServer;
  const as = (user: string, secret: string): string =>
    server.url.replace('//', `//${user}:${encodeURIComponent(secret)}@`);

  beforeAll(async () => {
    server = await serveMlflow({
      flags: ['--app-name', 'basic-auth'],
      env: { MLFLOW_FLASK_SERVER_SECRET_KEY: 'for a test', MLFLOW_AUTH_ADMIN_PASSWORD: password },
      credentials: `admin:${password}`,
    });
    // little, since this server computes a slow hash of the password for each request
    const known = { url: as('admin', password) };
    const run = await logRun(known);
    await logText(known, run, 'note.txt', 'an artifact');
    await endRun(known, run);
  });

  test('user and password in the URI are used, and stand nowhere in Aim', () => isWholeInAim(as('admin', password)));

  test('user and password from the environment are used, and stand nowhere', async () => {
    const repo = await scratch();
    const env = { ...process.env, MLFLOW_TRACKING_USERNAME: 'admin', MLFLOW_TRACKING_PASSWORD: password };
    const flags = ['--repo', repo, '--log-format', 'json', '--report', join(repo, 'report.json')];
    const ended = await mlflow2aim(['convert', '--tracking_uri', server.url, ...flags], { env });
    expect(ended.code).toBe(0);
    const said = ended.stdout + ended.stderr + readFileSync(join(repo, 'report.json'), 'utf8');
    for (const secret of [password, encodeURIComponent(password), btoa(`admin:${password}`)])
      expect(said).not.toContain(secret);
    expect((await readAim(repo)).runs.size).toBe(1);
  });

  test.each(['none', 'wrong'])('with %s there is one clear error, and nothing is written', async (credentials) => {
    const repo = join(await scratch(), 'aim');
    const uri = credentials === 'none' ? server.url : as('admin', 'wrong password');
    const env = { ...process.env, HOME: dirname(repo) };
    const ended = await mlflow2aim(['convert', '--tracking_uri', uri, '--repo', repo, '--quiet'], { env });
    expect(ended.code).toBe(1);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.stderr).toContain('rejected the credentials');
    expect(ended.stderr).not.toMatch(/wrong.{1,3}password/);
    expect(existsSync(repo)).toBe(false);
  });
});
