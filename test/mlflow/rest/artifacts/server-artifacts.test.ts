import { afterEach, describe, expect, test } from '@jest/globals';
import { HttpClient } from '../../../../src/mlflow/http/http-client.js';
import { ServerArtifacts } from '../../../../src/mlflow/rest/artifacts/server-artifacts.js';
import type { ArtifactFile, Notice } from '../../../../src/model.js';
import { collect, listening, never, silent } from '../../../contract/tracking-store.js';
import { FakeServer } from '../fake-server.js';

const RUN = 'a'.repeat(32);
const FILES = { 'a.txt': 'one', 'd/100% #1? 实验.txt': 'two', 'd/e/f.txt': 'three', 'd.txt': 'four' };
const SORTED = ['a.txt', 'd.txt', 'd/100% #1? 实验.txt', 'd/e/f.txt'];

const open: { close?: () => Promise<void>; stop?: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await (one.close ?? one.stop)?.call(one);
});

async function serve(artifacts: Readonly<Record<string, string>> = FILES): Promise<FakeServer> {
  const runs = [{ runId: RUN, experimentId: '1', artifacts }];
  const server = await FakeServer.start({ experiments: [], runs });
  open.push(server);
  return server;
}

function artifactsOf(uri: string, trustOrigins: readonly string[] = []): ServerArtifacts {
  const client = new HttpClient(
    uri,
    { concurrency: 2, trustOrigins },
    { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1', MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: '0' },
  );
  open.push(client);
  return new ServerArtifacts(client);
}

async function read(opener: ServerArtifacts, artifactUri: string | undefined): Promise<[ArtifactFile[], string[]]> {
  const repository = opener.at(RUN, artifactUri);
  const files = await collect(repository.list(silent()));
  const texts: string[] = [];
  for (const file of files) texts.push(Buffer.concat(await collect(repository.open(file, never()))).toString());
  return [files, texts];
}

describe('artifacts through a tracking server', () => {
  test.each([
    ['mlflow-artifacts:/1/RUN/artifacts', '/mlflow-artifacts/artifacts/1/'],
    ['mlflow-artifacts:///1/RUN/artifacts', '/mlflow-artifacts/artifacts/1/'],
    ['mlflow-artifacts:/1/RUN/artifacts?x=1', '/mlflow-artifacts/artifacts/1/'],
    ['mlflow-artifacts://HOST/1/RUN/artifacts', '/mlflow-artifacts/artifacts/1/'],
    ['http://HOST/api/2.0/mlflow-artifacts/artifacts/1/RUN/artifacts', '/mlflow-artifacts/artifacts/1/'],
    ['http://HOST/api/2.0/mlflow-artifacts/artifacts/1/RUN/artifacts#x', '/mlflow-artifacts/artifacts/1/'],
    ['s3://user:secret@bucket/1/RUN/artifacts', '/get-artifact?'],
    ['/data/1/RUN/artifacts', '/get-artifact?'],
    [undefined, '/get-artifact?'],
  ])('come from %s', async (uri, way) => {
    const server = await serve();
    const named = uri?.replace('RUN', RUN).replace('HOST', new URL(server.uri).host);
    const [files, texts] = await read(artifactsOf(server.uri), named);
    expect(files.map(({ path }) => path)).toEqual(SORTED);
    expect(files.map(({ size }) => size)).toEqual([3, 4, 3, 5]);
    expect(texts).toEqual(['one', 'four', 'two', 'three']);
    expect(server.requests.filter((request) => request.includes(way)).length).toBeGreaterThanOrEqual(4);
    const uris = files.map((file) => file.uri);
    expect(uris.every((one) => one.endsWith(encodeURIComponent('100% #1? 实验.txt')) || !one.includes('100'))).toBe(
      true,
    );
    expect(uris.join(' ')).not.toContain('secret');
    expect(uris[0]).toMatch(/^[a-z0-9-]+:.*\/a\.txt$/);
  });

  test.each([
    ['a proxy URL', (other: URL) => `${other.origin}/api/2.0/mlflow-artifacts/artifacts/1/${RUN}/artifacts`],
    ['mlflow-artifacts:', (other: URL) => `mlflow-artifacts://${other.host}/1/${RUN}/artifacts`],
  ])('of another server (%s) are refused, and taken with credentials from one that is trusted', async (_, toUri) => {
    const [tracking, other] = [await serve(), await serve()]; // the same host, another port
    const uri = toUri(new URL(other.uri));
    const notices: Notice[] = [];
    const tracked = tracking.uri.replace('//', '//ann:secret@');
    expect(await collect(artifactsOf(tracked).at(RUN, uri).list(listening(notices)))).toEqual([]);
    const detail = expect.stringContaining(`--trust-origin ${other.uri} `);
    expect(notices).toEqual([{ kind: 'artifacts-unreachable', uri, detail, reason: 'refused' }]);
    expect([...tracking.requests, ...other.requests]).toEqual([]);

    const [files, texts] = await read(artifactsOf(tracked, [other.uri]), uri);
    expect([files.map(({ path }) => path), texts]).toEqual([SORTED, ['one', 'four', 'two', 'three']]);
    expect(tracking.requests).toEqual([]);
    expect(new Set(other.headers.map(({ authorization }) => authorization))).toEqual(
      new Set([`Basic ${btoa('ann:secret')}`]),
    );
  });

  test('of the same host in the clear, where the tracking server has TLS, are refused', async () => {
    const other = await serve();
    const opener = artifactsOf(other.uri.replace('http:', 'https:').replace('//', '//ann:secret@'));
    const uri = `${other.uri}/api/2.0/mlflow-artifacts/artifacts/1/${RUN}/artifacts`;
    const notices: Notice[] = [];
    await collect(opener.at(RUN, uri).list(listening(notices)));
    expect(notices).toMatchObject([{ reason: 'refused' }]);
    expect(other.requests).toEqual([]);
  });

  test.each(['mlflow-artifacts:/1/../../x', 'mlflow-artifacts:/%2E%2E/x', 'mlflow-artifacts://no host/1'])(
    'of a location that leads elsewhere (%s) are refused',
    async (uri) => {
      const server = await serve();
      const notices: Notice[] = [];
      await collect(artifactsOf(server.uri).at(RUN, uri).list(listening(notices)));
      expect(notices).toMatchObject([{ kind: 'artifacts-unreachable', reason: 'refused' }]);
      expect(server.requests).toEqual([]);
    },
  );

  test.each([undefined, `mlflow-artifacts:/1/${RUN}/artifacts`])(
    'that are listed outside of the directory that was asked for are told, not asked for (%s)',
    async (uri) => {
      const server = await serve({ 'd/a.txt': 'one' });
      server.intercept = (request, response) => {
        const isRoot = !decodeURIComponent(request.url ?? '').endsWith('/d') && !request.url?.includes('path=d');
        const names = ['../up.txt', '/etc/passwd', 'x/../../up', '.'];
        const outside = names.map((path) => ({ path, is_dir: path === '/etc/passwd', file_size: 3 }));
        const files = [...outside, isRoot ? { path: 'd', is_dir: true } : { path: 'd/a.txt', file_size: 3 }];
        const proxied = uri !== undefined && !isRoot ? [...outside, { path: 'a.txt', file_size: 3 }] : files;
        response.end(JSON.stringify({ files: proxied }));
        return true;
      };
      const notices: Notice[] = [];
      const files = await collect(artifactsOf(server.uri).at(RUN, uri).list(listening(notices)));
      expect(files.map(({ path }) => path)).toEqual(['d/a.txt']);
      expect(notices).toHaveLength(8);
      expect(notices).toEqual(
        notices.map(() => expect.objectContaining({ kind: 'artifact-skipped', reason: 'path-outside' })),
      );
      expect(server.requests.filter((request) => request.includes('etc'))).toEqual([]);
    },
  );

  test('that the proxy cannot send come by get-artifact', async () => {
    const server = await serve();
    server.intercept = (request, response) => {
      if (!request.url?.includes('/mlflow-artifacts/artifacts/1/')) return false;
      response.destroy();
      return true;
    };
    const [, texts] = await read(artifactsOf(server.uri), `mlflow-artifacts:/1/${RUN}/artifacts`);
    expect(texts).toEqual(['one', 'four', 'two', 'three']);
  });

  test.each([
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
  ])('that the server may not read itself (%d) are one notice, and no end of all', async (status, code) => {
    const server = await serve();
    server.intercept = (_, response) => {
      response.writeHead(status).end(JSON.stringify({ error_code: code, message: 'Access Denied by the bucket' }));
      return true;
    };
    const notices: Notice[] = [];
    const opener = artifactsOf(server.uri);
    expect(await collect(opener.at(RUN, `mlflow-artifacts:/1/${RUN}/artifacts`).list(listening(notices)))).toEqual([]);
    expect(notices).toMatchObject([
      { kind: 'artifacts-unreachable', detail: expect.stringContaining('Access Denied by the bucket') },
    ]);
    const file = { path: 'a.txt', uri: 'mlflow-artifacts:/a.txt' };
    const opened = opener.at(RUN, undefined).open(file, never());
    await expect(collect(opened)).rejects.toMatchObject({ kind: 'skip-item' });
  });

  test.each([
    [404, 'missing'],
    [403, 'no-access'],
    [400, 'failed'],
  ])('that cannot be listed say why (%d)', async (status, reason) => {
    const server = await serve();
    server.intercept = (_, response) => response.writeHead(status).end('{}') !== undefined;
    const notices: Notice[] = [];
    await collect(artifactsOf(server.uri).at(RUN, undefined).list(listening(notices)));
    expect(notices).toMatchObject([{ kind: 'artifacts-unreachable', reason }]);
  });

  test('in a tree without end are listed down to a bound, which is told', async () => {
    const server = await serve();
    server.intercept = (request, response) => {
      const path = new URL(request.url ?? '', server.uri).searchParams.get('path');
      const below = (name: string) => (path === null ? name : `${path}/${name}`);
      const files = [
        { path: below('d'), is_dir: true },
        { path: below('f.txt'), file_size: 1 },
      ];
      response.end(JSON.stringify({ files }));
      return true;
    };
    const notices: Notice[] = [];
    const files = await collect(artifactsOf(server.uri).at(RUN, undefined).list(listening(notices)));
    expect(files).toHaveLength(201);
    expect(notices).toEqual([
      expect.objectContaining({ kind: 'artifact-skipped', detail: expect.stringContaining('200 directories deep') }),
    ]);
  });

  test('that come twice while a server turns its pages are one file', async () => {
    const server = await serve();
    server.intercept = (request, response) => {
      const next = request.url?.includes('page_token') ? {} : { next_page_token: 'x' };
      response.end(JSON.stringify({ files: [{ path: 'a.txt', file_size: 1 }], ...next }));
      return true;
    };
    const files = await collect(artifactsOf(server.uri).at(RUN, undefined).list(silent()));
    expect(files.map(({ path }) => path)).toEqual(['a.txt']);
  });

  test('of a server that was started without them are not asked for again', async () => {
    const server = await serve();
    server.intercept = (_, response) => {
      const why = 'Endpoint: /x disabled due to the mlflow server running with `--no-serve-artifacts`.';
      response.writeHead(503).end(why);
      return true;
    };
    const notices: Notice[] = [];
    await collect(artifactsOf(server.uri).at(RUN, `mlflow-artifacts:/1/${RUN}/artifacts`).list(listening(notices)));
    expect(notices).toMatchObject([{ detail: expect.stringContaining('--no-serve-artifacts') }]);
    expect(server.requests).toHaveLength(1);
  });

  test('of many runs that cannot be listed are asked for less and less, until an answer comes', async () => {
    const server = await serve();
    let isBroken = true;
    server.intercept = (_, response) => isBroken && response.writeHead(500).end() !== undefined;
    const opener = artifactsOf(server.uri);
    const requests = async () => {
      const before = server.requests.length;
      await collect(opener.at(RUN, undefined).list(silent()));
      return server.requests.length - before;
    };
    expect([await requests(), await requests(), await requests(), await requests()]).toEqual([2, 2, 2, 1]);
    isBroken = false;
    await requests();
    isBroken = true;
    expect(await requests()).toBe(2);
  });

  test('whose names the server takes for others are not taken from it', async () => {
    const server = await serve({ 'a.txt': 'one', 'lone%41.txt': 'two', 'lost%41dir/f.txt': 'three' });
    const repository = artifactsOf(server.uri).at(RUN, undefined);
    const notices: Notice[] = [];
    const files = await collect(repository.list(listening(notices)));
    expect(files.map(({ path }) => path)).toEqual(['a.txt', 'lone%41.txt']);
    expect(notices).toMatchObject([{ kind: 'artifact-skipped', path: 'lost%41dir', reason: 'unreadable' }]);
    await expect(collect(repository.open(files[1]!, never()))).rejects.toMatchObject({ kind: 'skip-item' });
  });

  test('that cannot be listed are one notice', async () => {
    const server = await serve();
    server.intercept = (request, response) => {
      if (!request.url?.includes('artifacts/list')) return false;
      response.writeHead(400).end('{"error_code": "INVALID_PARAMETER_VALUE", "message": "no access to the bucket"}');
      return true;
    };
    const notices: Notice[] = [];
    const files = artifactsOf(server.uri).at(RUN, 's3://bucket/1').list(listening(notices));
    expect(await collect(files)).toEqual([]);
    expect(notices).toEqual([
      {
        kind: 'artifacts-unreachable',
        reason: 'failed',
        uri: 's3://bucket/1',
        detail: expect.stringContaining('no access to the bucket'),
      },
    ]);
  });

  test('below a directory that cannot be listed are left out, with a notice', async () => {
    const server = await serve();
    server.intercept = (request, response) => {
      if (!request.url?.endsWith('path=d')) return false;
      response.writeHead(400).end('{"error_code": "X", "message": "no"}');
      return true;
    };
    const notices: Notice[] = [];
    const files = await collect(artifactsOf(server.uri).at(RUN, undefined).list(listening(notices)));
    expect(files.map(({ path }) => path)).toEqual(['a.txt', 'd.txt']);
    expect(notices).toMatchObject([{ kind: 'artifact-skipped', path: 'd', reason: 'unreadable' }]);
  });
});
