import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { Retry } from '../../../src/events.js';
import { unreachableError } from '../../../src/mlflow/http/http-errors.js';
import { backoff, retryAfter } from '../../../src/mlflow/http/retry.js';
import { parseServerUri } from '../../../src/mlflow/http/server-uri.js';
import { clientOf, failureOf, serverWith } from '../rest/client-of.js';
import { FakeServer } from '../rest/fake-server.js';

const VERSION = { path: '/api/3.0/mlflow/server-info', what: 'what it is' };
const never = (): AbortSignal => new AbortController().signal;

const json = (response: ServerResponse, text: string, length = Buffer.byteLength(text)): boolean => {
  response.writeHead(200, { 'content-length': length });
  response.write(text, () => (length === Buffer.byteLength(text) ? response.end() : response.destroy()));
  return true;
};

/** Trouble for the first requests, by their number. */
const TROUBLES: Record<string, (response: ServerResponse) => boolean> = {
  '429': (response) => void response.writeHead(429, { 'retry-after': '0' }).end() === undefined,
  '503': (response) => void response.writeHead(503).end('<html>') === undefined,
  reset: (response) => response.destroy() !== undefined,
  'a cut body': (response) => json(response, '{"store_', 100),
  'truncated JSON': (response) => json(response, '{"store_type": "Sq'),
};

describe('requests', () => {
  test.each(Object.keys(TROUBLES))('are repeated after %s', async (name) => {
    const fake = await serverWith((_, response, count) => count <= 3 && TROUBLES[name]!(response));
    expect(await clientOf(fake.uri).json(VERSION, never())).toEqual({ store_type: 'SqlStore' });
    expect(fake.requests).toHaveLength(4);
  });

  test('are repeated when no answer comes in time', async () => {
    const fake = await serverWith((_, __, count) => count === 1);
    expect(await clientOf(fake.uri, { MLFLOW_HTTP_REQUEST_TIMEOUT: '0.2' }).json(VERSION, never())).toBeTruthy();
  });

  test('are given up after as many retries as MLflow would make, with a reason', async () => {
    const fake = await serverWith((_, response) => TROUBLES['503']!(response));
    const error = await failureOf(clientOf(fake.uri, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '2' }).json(VERSION, never()));
    expect(error).toMatchObject({
      kind: 'skip-run',
      message: 'Could not read what it is from the server in 3 attempts: it responded with 503.',
    });
  });

  test('tell each repetition before they wait for it', async () => {
    const answers = [502, 429, undefined];
    const fake = await serverWith((_, response, count) => {
      const status = answers[count - 1];
      if (count > answers.length) return false;
      if (status === undefined) return response.destroy() !== undefined;
      return response.writeHead(status, { 'retry-after': '0.01' }).end() !== undefined;
    });
    const told: Retry[] = [];
    const uri = fake.uri.replace('://', '://user:secret@');
    await clientOf(uri, {}, { retrying: (retry) => told.push(retry) }).json(VERSION, never());
    expect(told).toMatchObject([
      {
        code: 'server-error',
        says: 'answers 502',
        status: 502,
        what: 'what it is',
        attempt: 2,
        attempts: 8,
        wait: 0.01,
      },
      { code: 'server-error', says: 'answers 429', status: 429, attempt: 3, attempts: 8 },
      { code: 'unreachable', says: expect.stringMatching(/^did not respond: /), attempt: 4, attempts: 8 },
    ]);
    for (const { server } of told) expect(server).toBe(fake.uri);
  });

  test.each([
    ['ENOTFOUND', ': DNS does not know the name mlflow.exmaple.org. Check the spelling'],
    ['EAI_AGAIN', ': the name mlflow.exmaple.org could not be looked up'],
    ['ECONNREFUSED', ': nothing listens at mlflow.exmaple.org:5000. Check host and port'],
  ])('that cannot be made because of %s say so', (code, text) => {
    const server = parseServerUri('http://user:secret@mlflow.exmaple.org:5000');
    const asked = { what: 'the experiments', url: new URL(server.origin), server, nonFatal: false };
    const { sentence } = unreachableError(Object.assign(new Error('no'), { code }), asked);
    expect(sentence).toContain(`Cannot connect to the tracking server http://mlflow.exmaple.org:5000${text}`);
  });

  test('wait as long as Retry-After says, unless that is not to be respected', async () => {
    const fake = await serverWith(
      (_, response, count) => count === 1 && void response.writeHead(429, { 'retry-after': '1' }).end() === undefined,
    );
    const began = performance.now();
    await clientOf(fake.uri).json(VERSION, never());
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  test('that are answered with a web page are not taken for JSON, and not repeated', async () => {
    const fake = await serverWith(
      (_, response) =>
        void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Sign in</html>') ===
        undefined,
    );
    const error = await failureOf(clientOf(fake.uri).json(VERSION, never()));
    expect(error).toMatchObject({ kind: 'fatal', message: expect.stringContaining('a web page') });
    expect(fake.requests).toHaveLength(1);
  });

  test('in TLS to what does not speak it are an error that says so', async () => {
    const fake = await serverWith();
    const error = await failureOf(clientOf(fake.uri.replace('http:', 'https:')).json(VERSION, never()));
    expect(error).toMatchObject({ kind: 'fatal', message: expect.stringContaining('does not use TLS') });
    expect(error.hint).toContain(`http://${new URL(fake.uri).host}`);
  });

  test('that are refused tell no secrets of a URI that the server quotes', async () => {
    const message = "No way to 'ftp://us:p@w@host/x?sig=SECRET'.";
    const fake = await serverWith(
      (_, response) => void response.writeHead(400).end(JSON.stringify({ error_code: 'X', message })) === undefined,
    );
    const error = await failureOf(clientOf(fake.uri).json(VERSION, never()));
    expect(error.message).toContain("No way to 'ftp://host/x'");
  });

  test('that wait are cancelled by the signal, with its reason', async () => {
    const controller = new AbortController();
    const fake = await serverWith((_, response) => {
      response.writeHead(429, { 'retry-after': '100' }).end(() => controller.abort(new Error('enough')));
      return true;
    });
    await expect(clientOf(fake.uri).json(VERSION, controller.signal)).rejects.toThrow('enough');
  });

  test('keep to a rate', async () => {
    const fake = await serverWith();
    const slow = clientOf(fake.uri, {}, { requestsPerSecond: 20 });
    const began = performance.now();
    await Promise.all(Array.from({ length: 5 }, () => slow.json(VERSION, never())));
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  test('carry credentials and a workspace, and no origin', async () => {
    const fake = await serverWith();
    await clientOf(fake.uri.replace('//', '//ann:pass@'), {}, { workspace: 'team' }).json(VERSION, never());
    const [headers] = fake.headers;
    expect(headers).toMatchObject({ authorization: `Basic ${btoa('ann:pass')}`, 'x-mlflow-workspace': 'team' });
    expect(headers).not.toHaveProperty('origin');
  });

  test('to other hosts carry no credentials', async () => {
    const fake = await serverWith();
    const other = clientOf('http://ann:pass@127.0.0.2:1', {}, { workspace: 'team' });
    await other.json({ ...VERSION, path: `${fake.uri}${VERSION.path}` }, never());
    expect(fake.headers[0]).not.toHaveProperty('authorization');
    expect(fake.headers[0]).not.toHaveProperty('x-mlflow-workspace');
  });
});

describe('errors', () => {
  test('refused credentials are fatal, at once, and stand in no sentence', async () => {
    const fake = await serverWith(undefined, { authorization: 'Basic other' });
    const error = await failureOf(clientOf(fake.uri.replace('//', '//ann:secret@')).json(VERSION, never()));
    expect(error).toMatchObject({ kind: 'fatal', message: expect.stringContaining('rejected the credentials') });
    expect(JSON.stringify([error.sentence, error.stack, String(error.cause)])).not.toContain('secret');
    expect(fake.requests).toHaveLength(1);
  });

  test('a refused host is told how to be allowed', async () => {
    const fake = await serverWith(
      (_, response) =>
        void response.writeHead(403).end('Invalid Host header - possible DNS rebinding attack detected') === undefined,
    );
    expect((await failureOf(clientOf(fake.uri).json(VERSION, never()))).sentence).toContain('--allowed-hosts');
  });

  test('a server that was never there is fatal at once, with a hint', async () => {
    const fake = await FakeServer.start({ experiments: [], runs: [] });
    const { uri } = fake;
    await fake.stop();
    const error = await failureOf(
      clientOf(uri, { MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: '100' }).json({ ...VERSION, failFast: true }, never()),
    );
    expect(error).toMatchObject({ kind: 'fatal', hint: 'Check host and port, and that the server is running.' });
  });

  test.each(['many', '-1', 'NaN'])('MLFLOW_HTTP_REQUEST_MAX_RETRIES=%s is refused', (value) => {
    expect(() => clientOf('http://h', { MLFLOW_HTTP_REQUEST_MAX_RETRIES: value })).toThrow(/not a number/);
  });
});

describe('downloads', () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
  const file = { path: '/file', what: 'artifact a' };
  const collect = async (from: AsyncIterable<Uint8Array>): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const part of from) parts.push(part);
    return Buffer.concat(parts);
  };

  test('go on where they were cut', async () => {
    const fake = await serverWith((request, response, count) => {
      const begin = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = bytes.subarray(begin);
      response.writeHead(begin > 0 ? 206 : 200, { 'content-length': rest.length, etag: '"1"' });
      if (count < 4) response.write(rest.subarray(0, 20_000), () => response.destroy());
      else response.end(rest);
      return true;
    });
    expect(await collect(clientOf(fake.uri).download(file, never()))).toEqual(bytes);
    expect(fake.headers.slice(1).every(({ range }) => range !== undefined)).toBe(true);
  });

  test('that cannot go on begin anew, and pass over what has come', async () => {
    const fake = await serverWith((_, response, count) => {
      response.writeHead(200, { 'content-length': bytes.length });
      if (count === 1) response.write(bytes.subarray(0, 30_000), () => response.destroy());
      else response.end(bytes);
      return true;
    });
    expect(await collect(clientOf(fake.uri).download(file, never()))).toEqual(bytes);
  });

  test('of a file that has changed meanwhile are an error', async () => {
    const fake = await serverWith((_, response, count) => {
      response.writeHead(200, { 'content-length': bytes.length, etag: `"${count}"` });
      if (count === 1) response.write(bytes.subarray(0, 30_000), () => response.destroy());
      else response.end(bytes);
      return true;
    });
    expect(await failureOf(collect(clientOf(fake.uri).download(file, never())))).toMatchObject({ kind: 'skip-item' });
  });
});

test('the waits between retries grow as those of MLflow, with jitter, up to two minutes', () => {
  const settings = { retries: 7, factor: 2000, jitter: 1000, timeout: 1, respectRetryAfter: true };
  const waits = [1, 2, 3, 4, 7, 10].map((retry) => backoff(retry, settings, () => 0.5));
  expect(waits).toEqual([500, 4500, 8500, 16_500, 120_000, 120_000]);
});

test.each([
  ['2', 2000],
  ['Thu, 01 Jan 1970 00:00:03 GMT', 2000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s', (header, wait) => expect(retryAfter(header, 1000)).toBe(wait));
