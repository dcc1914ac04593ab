import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openArtifacts } from '../../../src/mlflow/artifacts/open-artifacts.js';
import type { Notice } from '../../../src/model.js';
import { collect, listening, never, silent } from '../../contract/tracking-store.js';

let answer: (url: URL, request: IncomingMessage, response: ServerResponse) => void;
let requests: string[];
let server: Server;
let opener: ReturnType<typeof openArtifacts>;
let before: string | undefined;

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push([request.url, request.headers.range].filter(Boolean).join(' '));
    answer(new URL(request.url ?? '', 'http://localhost'), request, response);
  });
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  before = process.env.STORAGE_EMULATOR_HOST;
  process.env.STORAGE_EMULATOR_HOST = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  opener = openArtifacts({ concurrency: 2 });
});
afterEach(async () => {
  await opener.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  if (before === undefined) delete process.env.STORAGE_EMULATOR_HOST;
  else process.env.STORAGE_EMULATOR_HOST = before;
});

const RUN = 'a'.repeat(32);
const files = () => opener.at(RUN, `gs://bucket/mlf/${RUN}/artifacts`);

function json(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const item = (name: string, size: number) => ({
  kind: 'storage#object',
  name: `mlf/${RUN}/artifacts/${name}`,
  size: `${size}`,
});

test('is listed page by page', async () => {
  answer = (url, _, response) => {
    expect(url.pathname).toBe('/storage/v1/b/bucket/o');
    expect(url.searchParams.get('prefix')).toBe(`mlf/${RUN}/artifacts/`);
    const page = Number(url.searchParams.get('pageToken') ?? 0);
    const items = [[item('b/2.txt', 3)], [], [item('a 100%.txt', 5), item('b/', 0)]][page];
    json(response, { kind: 'storage#objects', items, ...(page < 2 && { nextPageToken: `${page + 1}` }) });
  };
  expect(await collect(files().list(silent()))).toEqual([
    { path: 'a 100%.txt', size: 5, uri: `gs://bucket/mlf/${RUN}/artifacts/a 100%.txt` },
    { path: 'b/2.txt', size: 3, uri: `gs://bucket/mlf/${RUN}/artifacts/b/2.txt` },
  ]);
});

test('a listing that repeats itself is given up', async () => {
  answer = (_, __, response) => json(response, { items: [], nextPageToken: 'same' });
  const notices: Notice[] = [];
  await collect(files().list(listening(notices)));
  expect(notices).toMatchObject([{ detail: expect.stringContaining('does not come to an end') }]);
});

test.each([
  [404, 'notFound', `gs://bucket/mlf/${RUN}/artifacts does not exist (notFound).`],
  [
    403,
    'forbidden',
    `gs://bucket/mlf/${RUN}/artifacts may not be read: access was refused (forbidden). Give credentials`,
  ],
])('a refusal with %d is one notice', async (status, reason, says) => {
  answer = (_, __, response) => {
    const message = 'someone@project does not have access to it';
    json(response, { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } }, status);
  };
  const notices: Notice[] = [];
  await collect(files().list(listening(notices)));
  expect(notices).toMatchObject([{ detail: expect.stringContaining(says) }]);
});

const file = (path: string) => ({ path, uri: `gs://bucket/mlf/${RUN}/artifacts/${path}` });

test('a download goes on where it was cut, in the same generation', async () => {
  const content = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
  answer = (url, request, response) => {
    expect(decodeURIComponent(url.pathname)).toContain(`mlf/${RUN}/artifacts/a#+ü.txt`);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0) expect(url.searchParams.get('generation')).toBe('17');
    const range = from > 0 && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      'x-goog-generation': '17',
      'content-length': content.length - from,
      ...range,
    });
    if (requests.length > 2) response.end(content.subarray(from));
    else response.write(content.subarray(from, from + 60_000), () => response.socket?.destroy());
  };
  const bytes = Buffer.concat(await collect(files().open(file('a#+ü.txt'), never())));
  expect(bytes.equals(content)).toBe(true);
  expect(requests).toHaveLength(3);
});

test('what is stored compressed is unpacked by the store, which then knows no ranges', async () => {
  answer = (_, request, response) => {
    expect(request.headers['accept-encoding']).toBeUndefined();
    response.writeHead(200, { 'x-goog-generation': '17' });
    if (requests.length > 1) response.end('some text');
    else response.write('some', () => response.socket?.destroy());
  };
  expect(Buffer.concat(await collect(files().open(file('a.txt'), never()))).toString()).toBe('some text');
});

test('a file that is gone is a skip-item', async () => {
  answer = (_, __, response) => {
    response.writeHead(404);
    response.end('No such object');
  };
  await expect(collect(files().open(file('a.txt'), never()))).rejects.toMatchObject({
    kind: 'skip-item',
    message: `gs://bucket/mlf/${RUN}/artifacts/a.txt does not exist (status 404).`,
  });
});

test('an aborted download rejects with the reason', async () => {
  const stop = new AbortController();
  answer = () => stop.abort('enough');
  await expect(collect(files().open(file('a.txt'), stop.signal))).rejects.toBe('enough');
});
