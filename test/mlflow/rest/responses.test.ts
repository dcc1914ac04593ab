import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { RestStore } from '../../../src/mlflow/rest/rest-store.js';
import { answer, clientOf, failureOf, serverWith } from './client-of.js';

const ASKED = { path: '/api/2.0/mlflow/experiments/search', what: 'its experiments' };
const never = (): AbortSignal => new AbortController().signal;
const collect = async (from: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  for await (const part of from) parts.push(part);
  return Buffer.concat(parts);
};

const CODINGS: readonly [string, string, (bytes: Buffer) => Buffer][] = [
  ['gzip', 'gzip', gzipSync],
  ['gzip by its old name, in capitals', 'X-GZIP', gzipSync],
  ['deflate', 'deflate', deflateSync],
  ['deflate without its header', 'deflate', deflateRawSync],
  ['br', 'br', brotliCompressSync],
  ['two of them', 'deflate, gzip', (bytes) => gzipSync(deflateSync(bytes))],
  ['identity', 'identity', (bytes) => bytes],
];

describe('compressed answers', () => {
  const text = JSON.stringify({ experiments: Array.from({ length: 2000 }, (_, at) => ({ name: `größe ${at}` })) });

  test.each(CODINGS)('are decoded: %s', async (_, coding, encode) => {
    const bytes = encode(Buffer.from(text));
    const server = await serverWith((_, response) => answer(response, bytes, { 'content-encoding': coding }));
    expect(await clientOf(server.uri).json(ASKED, never())).toEqual(JSON.parse(text));
    expect(server.headers[0]?.['accept-encoding']).toBe('gzip, deflate, br');
  });

  test.each(CODINGS)('are decoded when they say why something was refused: %s', async (_, coding, encode) => {
    const bytes = encode(Buffer.from('{"error_code": "BAD", "message": "Such is life."}'));
    const server = await serverWith((_, response) => answer(response, bytes, { 'content-encoding': coding }, 400));
    expect((await failureOf(clientOf(server.uri).json(ASKED, never()))).message).toContain('Such is life');
  });

  test.each(CODINGS)('are asked for again when they are cut: %s', async (_, coding, encode) => {
    const bytes = encode(Buffer.from(text));
    const server = await serverWith((_, response, count) =>
      answer(response, count < 3 ? bytes.subarray(0, bytes.length / 2) : bytes, { 'content-encoding': coding }),
    );
    expect(await clientOf(server.uri).json(ASKED, never())).toEqual(JSON.parse(text));
    expect(server.requests).toHaveLength(3);
  });

  test('of a kind that was not asked for are named, at once', async () => {
    const server = await serverWith((_, response) => answer(response, 'x', { 'content-encoding': 'zstd' }));
    const error = await failureOf(clientOf(server.uri).json(ASKED, never()));
    expect(error).toMatchObject({ kind: 'skip-run', message: expect.stringContaining('"zstd"') });
    expect(server.requests).toHaveLength(1);
  });

  test.each(CODINGS)('are bounded by what comes out of them: %s', async (_, coding, encode) => {
    const bytes = encode(Buffer.alloc(3_000_000, ' '));
    const server = await serverWith((_, response) => answer(response, bytes, { 'content-encoding': coding }));
    const error = await failureOf(clientOf(server.uri).json({ ...ASKED, maxBytes: 2_000_000 }, never()));
    expect(error.sentence).toBe(
      `The response for its experiments is larger than 2 MB and was not read. (${server.uri}${ASKED.path})`,
    );
  });
});

describe('downloads', () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at) % 251));
  const file = { path: '/file', what: 'artifact a' };

  test('are asked for as they are', async () => {
    const server = await serverWith((_, response) => answer(response, bytes));
    expect(await collect(clientOf(server.uri).download(file, never()))).toEqual(bytes);
    expect(server.headers[0]?.['accept-encoding']).toBe('identity');
  });

  test.each(CODINGS)('that are compressed all the same begin anew after a cut: %s', async (_, coding, encode) => {
    const coded = encode(bytes);
    const server = await serverWith((request, response, count) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = coded.subarray(from); // as a server does that compresses what it keeps
      const headers = { 'content-encoding': coding, etag: '"1"', 'content-length': rest.length };
      response.writeHead(from > 0 ? 206 : 200, headers);
      if (count < 3) response.write(rest.subarray(0, rest.length * 0.7), () => response.destroy());
      else response.end(rest);
      return true;
    });
    expect(await collect(clientOf(server.uri).download(file, never()))).toEqual(bytes);
  });
});

describe('answers without bounds', () => {
  test('are left as soon as they are too large, whatever they promised', async () => {
    const before = process.memoryUsage().rss;
    const chunk = Buffer.alloc(1 << 20, ' ');
    const server = await serverWith((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return true;
    });
    const error = await failureOf(clientOf(server.uri).json({ ...ASKED, maxBytes: 20_000_000 }, never()));
    expect(error.message).toContain('larger than 20 MB');
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  test('of more values than memory holds are not parsed, however short they are', async () => {
    const many = Buffer.from(`{"experiments": [${'{},'.repeat(20_000_001)}{}]}`);
    const text = Buffer.from(JSON.stringify({ experiments: [{ name: ',{['.repeat(10_000_000) }] }));
    const server = await serverWith((_, response, count) => answer(response, count === 1 ? many : text));
    const client = clientOf(server.uri);
    const error = await failureOf(client.json(ASKED, never()));
    expect(error.message).toBe('The response for its experiments is larger than 20,000,000 values and was not read.');
    expect(await client.json(ASKED, never())).toEqual(JSON.parse(text.toString()));
  });

  test('are not read beyond their beginning when they are errors', async () => {
    const server = await serverWith((_, response) => {
      response.writeHead(418);
      const more = (): void => {
        while (!response.destroyed && response.write('I am a teapot. '.repeat(1000)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return true;
    });
    expect((await failureOf(clientOf(server.uri).json(ASKED, never()))).message).toContain('I am a teapot');
  });

  test.each(['a', 'a:', 'a://', '://', 'a://b@'])(
    'that are errors of %j again and again are told at once',
    async (part) => {
      const server = await serverWith((_, response) => answer(response, part.repeat(40_000), {}, 418));
      const began = performance.now();
      await failureOf(clientOf(server.uri).json(ASKED, never()));
      expect(performance.now() - began).toBeLessThan(3000);
    },
  );

  test('that come by drops are given up', async () => {
    const server = await serverWith((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return true;
    });
    const env = { MLFLOW_HTTP_REQUEST_TIMEOUT: '0.2', MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1' };
    const error = await failureOf(clientOf(server.uri, env).json(ASKED, never()));
    expect(error.message).toMatch(
      /Could not read its experiments from the server in 2 attempts: it brought \d+ bytes in \d+ s/,
    );
  });

  test('are given up at once when they come by drops and nobody wants them any more', async () => {
    const leaving = new AbortController();
    const server = await serverWith((_, response) => {
      response.writeHead(200);
      response.write(' ', () => leaving.abort(new Error('enough')));
      return true;
    });
    await expect(clientOf(server.uri).json(ASKED, leaving.signal)).rejects.toThrow('enough');
  });

  test('in their headers are named', async () => {
    const server = await serverWith((_, response) => answer(response, '{}', { 'x-long': 'x'.repeat(20_000) }));
    const error = await failureOf(clientOf(server.uri).json(ASKED, never()));
    expect(error.message).toBe('The response for its experiments is invalid: its headers are longer than 16 KiB.');
  });
});

describe('responses that are not JSON', () => {
  test.each([
    ['<html>Sign in</html>', 'responded with a web page'],
    ['OK', 'responded with something other than JSON'],
  ])('are told from what was cut: %s', async (text, says) => {
    const server = await serverWith((_, response) => answer(response, text));
    expect(await failureOf(clientOf(server.uri).json(ASKED, never()))).toMatchObject({
      kind: 'fatal',
      message: `${server.uri} ${says} when asked for its experiments.`,
    });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['{"a": 1, "b"', 'the response was cut off'],
    ['{"a": one}', 'the response is not valid JSON'],
  ])('are asked for again: %s', async (text, says) => {
    const server = await serverWith((_, response) => answer(response, text));
    const env = { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '2' };
    const error = await failureOf(clientOf(server.uri, env).json(ASKED, never()));
    expect(error.message).toBe(`Could not read its experiments from the server in 3 attempts: ${says}.`);
  });
});

describe('redirects', () => {
  const post = { ...ASKED, body: {} };

  test('within a server are followed, if they may be', async () => {
    const server = await serverWith(
      (request, response) =>
        request.url?.startsWith('/old') === true &&
        answer(response, '', { location: request.url.replace('/old', '/api/3.0/mlflow') }, 307),
    );
    const request = { path: '/old/server-info', what: 'what it is' };
    expect(await clientOf(server.uri).json(request, never())).toEqual({ store_type: 'SqlStore' });
    const error = await failureOf(
      clientOf(server.uri, { MLFLOW_ALLOW_HTTP_REDIRECTS: 'false' }).json(request, never()),
    );
    expect(error.sentence).toContain('because MLFLOW_ALLOW_HTTP_REDIRECTS is false.');
  });

  test.each([301, 302, 303, 307, 308])('to another address tell what to use (%d)', async (status) => {
    const location = `https://mlflow.example/new${ASKED.path}?x=1`;
    const server = await serverWith((_, response) => answer(response, '', { location }, status));
    const error = await failureOf(clientOf(`${server.uri}/old`).json(post, never()));
    expect(error).toMatchObject({
      kind: 'fatal',
      message: `${server.uri} redirects (${status}) to https://mlflow.example/new${ASKED.path} when asked for its experiments.`,
      hint: 'Use https://mlflow.example/new as the tracking URI.',
    });
    expect(server.requests).toHaveLength(1);
  });

  test.each([301, 302, 303])('that would make a GET of a POST are not followed (%d)', async (status) => {
    const location = `/new${ASKED.path}`;
    const server = await serverWith((_, response) => answer(response, '', { location }, status));
    expect((await failureOf(clientOf(`${server.uri}/old`).json(post, never()))).hint).toBe(
      `Use ${server.uri}/new as the tracking URI.`,
    );
  });

  test('to a login page are told as such, without the secrets of its address', async () => {
    const location = 'https://login.example/authorize?state=SECRET';
    const server = await serverWith((_, response) => answer(response, '', { location }, 302));
    const error = await failureOf(clientOf(server.uri).json(post, never()));
    expect(error.sentence).toContain('If this is a login page');
    expect(error.sentence).not.toContain('SECRET');
  });

  test('to a login page of the same server are told as such', async () => {
    const page = { 'content-type': 'text/html; charset=utf-8' };
    const server = await serverWith((request, response) =>
      request.url === '/login' ? answer(response, '<html>', page) : answer(response, '', { location: '/login' }, 302),
    );
    const error = await failureOf(clientOf(server.uri).json(ASKED, never()));
    expect(error.message).toBe(
      `${server.uri} responded, after a redirect to ${server.uri}/login, with a web page when asked for its experiments.`,
    );
  });

  test('that do not end are told as such', async () => {
    const server = await serverWith((request, response) =>
      answer(response, '', { location: `${request.url ?? ''}x` }, 307),
    );
    const error = await failureOf(clientOf(server.uri).json(ASKED, never()));
    expect(error).toMatchObject({ kind: 'fatal', message: expect.stringContaining('redirects too often') });
    expect(server.requests).toHaveLength(6);
  });

  test('to nowhere are told as such', async () => {
    const server = await serverWith((_, response) => answer(response, '', { location: 'http://[' }, 307));
    expect((await failureOf(clientOf(server.uri).json(ASKED, never()))).message).toContain('to an invalid URL');
  });
});

test('a run is gone when the server says that it does not exist, and not when it says anything else', async () => {
  const answers: Readonly<Record<string, [number, string]>> = {
    there: [200, '{"run": {}}'],
    gone: [404, '{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run with id=gone not found"}'],
    forbidden: [403, '{"error_code": "PERMISSION_DENIED", "message": "no"}'],
    hidden: [404, '<html>Not Found</html>'],
    moved: [404, '{"error_code": "ENDPOINT_NOT_FOUND", "message": ""}'],
  };
  const server = await serverWith((request, response) => {
    const [status, text] = answers[new URL(request.url ?? '', 'http://x').searchParams.get('run_id') ?? ''] ?? [
      500,
      '',
    ];
    return answer(response, Buffer.from(text), {}, status);
  });
  const store = new RestStore(clientOf(server.uri));
  expect(await store.missingRuns(Object.keys(answers), never())).toEqual(['gone']);
  await store.close();
});
