import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ArtifactRepository } from '../../../src/mlflow/artifacts/artifact-repository.js';
import { openArtifacts } from '../../../src/mlflow/artifacts/open-artifacts.js';
import type { Notice } from '../../../src/model.js';
import { collect, listening, never, silent } from '../../contract/tracking-store.js';
import { FakeS3 } from './fake-s3.js';

const RUN = 'a'.repeat(32);
const VARIABLES = [
  'MLFLOW_S3_ENDPOINT_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_MAX_ATTEMPTS',
  'AWS_CA_BUNDLE',
] as const;

let s3: FakeS3;
let opener: ReturnType<typeof openArtifacts>;
let files: ArtifactRepository;
let before: Record<string, string | undefined>;

beforeEach(async () => {
  before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  s3 = new FakeS3();
  process.env.MLFLOW_S3_ENDPOINT_URL = await s3.listen();
  process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = 'verysecret';
  process.env.AWS_MAX_ATTEMPTS = '1';
  opener = openArtifacts({ concurrency: 2 });
  files = opener.at(RUN, `s3://bucket/mlf/${RUN}/artifacts`);
});
afterEach(async () => {
  await opener.close();
  await s3.close();
  for (const name of VARIABLES) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

const put = (path: string, bytes: Buffer | string = path) =>
  s3.objects.set(`mlf/${RUN}/artifacts/${path}`, Buffer.from(bytes));

const NAMES = [
  'plain.txt',
  'a b+c.txt',
  '100%.txt',
  '%41.txt',
  '#1?.txt',
  'd/ü 实验 🚀.txt',
  'd/\uFFFD.txt',
  '&<>.txt',
];

describe('listing', () => {
  test('page by page, sorted, names of every kind, and nothing of the neighbours', async () => {
    for (const name of NAMES) put(name);
    s3.objects.set(`mlf/${RUN}/artifacts2/other.txt`, Buffer.from('x'));
    put('', '');
    put('d/', '');
    s3.pageSize = 3;
    const found = await collect(files.list(silent()));
    expect(found.map(({ path }) => path)).toEqual([...NAMES].sort());
    expect(found[0]).toEqual({
      path: '#1?.txt',
      size: 7,
      uri: `s3://bucket/mlf/${RUN}/artifacts/#1?.txt`,
    });
    for (const file of found) {
      expect(Buffer.concat(await collect(files.open(file, never()))).toString()).toBe(file.path);
    }
  });

  test('of a run without files gives none', async () => {
    const notices: Notice[] = [];
    expect(await collect(files.list(listening(notices)))).toEqual([]);
    expect(notices).toEqual([]);
  });

  test('tells of objects that were not asked for, and takes none of them', async () => {
    const prefix = `mlf/${RUN}/artifacts/`;
    const keys = [`${prefix}a.txt`, 'private/b.txt', `${prefix}../b.txt`, `${prefix}/etc/passwd`];
    s3.intercept = (_, response) => {
      const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('');
      response.end(`<?xml version="1.0"?><ListBucketResult>${contents}</ListBucketResult>`);
      return true;
    };
    const notices: Notice[] = [];
    expect((await collect(files.list(listening(notices)))).map(({ path }) => path)).toEqual(['a.txt']);
    const outside = { kind: 'artifact-skipped', reason: 'path-outside' };
    expect(notices).toMatchObject(['private/b.txt', '../b.txt', '/etc/passwd'].map((path) => ({ ...outside, path })));
  });

  test('that repeats itself is given up', async () => {
    put('a');
    s3.intercept = (_, response) => {
      const head = '<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated>';
      response.end(`${head}<NextContinuationToken>same</NextContinuationToken></ListBucketResult>`);
      return true;
    };
    const notices: Notice[] = [];
    await collect(files.list(listening(notices)));
    expect(notices).toMatchObject([{ kind: 'artifacts-unreachable', detail: expect.stringContaining('repeats') }]);
    expect(s3.requests.length).toBeLessThan(4);
  });

  test('of a bucket that is not there is one notice', async () => {
    const notices: Notice[] = [];
    await collect(opener.at(RUN, `s3://key:verysecret@nowhere/${RUN}/artifacts`).list(listening(notices)));
    expect(notices).toEqual([
      {
        kind: 'artifacts-unreachable',
        uri: `s3://nowhere/${RUN}/artifacts`,
        detail: `s3://nowhere/${RUN}/artifacts does not exist (NoSuchBucket).`,
        reason: 'missing',
      },
    ]);
  });

  test.each([
    ['refused', 403, 'AccessDenied', 'may not be read: access was refused (AccessDenied). Give credentials'],
    ['broken', 500, 'InternalError', 'could not be read (InternalError).'],
  ])('%s is one notice without a secret', async (_, status, code, says) => {
    s3.intercept = (request, response) => {
      const message = `${request.headers.authorization} verysecret AKIDEXAMPLE`;
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
      return true;
    };
    const notices: Notice[] = [];
    expect(await collect(files.list(listening(notices)))).toEqual([]);
    expect(notices).toMatchObject([{ kind: 'artifacts-unreachable', detail: expect.stringContaining(says) }]);
    expect(JSON.stringify(notices)).not.toMatch(/verysecret|AKID|Signature/);
  });

  test('under a bundle of certificates that is not there names it', async () => {
    process.env.AWS_CA_BUNDLE = '/nowhere/ca.pem';
    const notices: Notice[] = [];
    expect(await collect(files.list(listening(notices)))).toEqual([]);
    expect(notices).toMatchObject([{ detail: '/nowhere/ca.pem does not exist.' }]);
  });

  test('of a server that is not there is one notice', async () => {
    await s3.close();
    const notices: Notice[] = [];
    expect(await collect(files.list(listening(notices)))).toEqual([]);
    expect(notices).toMatchObject([{ detail: expect.stringContaining('could not be reached (ECONNREFUSED).') }]);
    await s3.listen();
  });
});

describe('downloading', () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251));

  async function file() {
    put('large', content);
    const [found] = await collect(files.list(silent()));
    s3.requests.length = 0;
    return found!;
  }

  test('goes on where it was cut, in the same version', async () => {
    const large = await file();
    s3.cutAfter = (request) => (request < 3 ? 70_000 : undefined);
    const bytes = Buffer.concat(await collect(files.open(large, never())));
    expect(bytes.equals(content)).toBe(true);
    expect(s3.requests.slice(1).every((request) => /bytes=\d+- "0-300000"$/.test(request))).toBe(true);
    expect(s3.requests).toHaveLength(4);
  });

  test('of a file that changes meanwhile is given up', async () => {
    const large = await file();
    s3.cutAfter = () => {
      s3.generation += 1;
      return 70_000;
    };
    await expect(collect(files.open(large, never()))).rejects.toMatchObject({
      kind: 'skip-item',
      message: expect.stringContaining('was changed while it was being read (PreconditionFailed)'),
    });
  });

  test('that never gets any further is given up', async () => {
    const large = await file();
    s3.cutAfter = () => 0;
    await expect(collect(files.open(large, never()))).rejects.toMatchObject({ kind: 'skip-item' });
    expect(s3.requests).toHaveLength(5);
  });

  test('of a file that is gone is a skip-item', async () => {
    const large = await file();
    s3.objects.clear();
    await expect(collect(files.open(large, never()))).rejects.toMatchObject({
      kind: 'skip-item',
      message: `s3://bucket/mlf/${RUN}/artifacts/large does not exist (NoSuchKey).`,
    });
  });

  test('of an empty file gives nothing', async () => {
    put('empty', '');
    const [found] = await collect(files.list(silent()));
    expect(await collect(files.open(found!, never()))).toEqual([]);
  });

  test('pulls no more than is taken', async () => {
    put('huge', Buffer.alloc(64 * 1024 * 1024));
    const [found] = await collect(files.list(silent()));
    let written = 0;
    s3.intercept = (request, response) => {
      if (!request.url?.includes('huge')) return false;
      response.writeHead(200, { etag: '"0"', 'content-length': 64 * 1024 * 1024 });
      const more = () => {
        while (written < 64 * 1024 * 1024) {
          written += 64 * 1024;
          if (!response.write(Buffer.alloc(64 * 1024))) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
      return true;
    };
    const chunks = files.open(found!, never())[Symbol.asyncIterator]();
    await chunks.next();
    await collect(opener.at(RUN, `s3://bucket/none/${RUN}/artifacts`).list(silent()));
    expect(written).toBeLessThan(16 * 1024 * 1024);
    await chunks.return?.();
  });

  test('is stopped by the signal, and gives its place to others', async () => {
    const large = await file();
    const reason = new Error('enough');
    const stop = new AbortController();
    const stalled = new Promise<void>((met) => {
      s3.intercept = (_, response) => {
        response.writeHead(200, { 'content-length': content.length });
        response.write('x');
        met();
        return true;
      };
    });
    const [one, two, three] = [0, 1, 2].map(() => collect(files.open(large, stop.signal)).catch((cause) => cause));
    await stalled;
    stop.abort(reason);
    expect(await Promise.all([one, two, three])).toEqual([reason, reason, reason]);
    s3.intercept = () => false;
    expect(Buffer.concat(await collect(files.open(large, never()))).equals(content)).toBe(true);
  });

  test('no more than so many at once', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) put(name);
    const found = await collect(files.list(silent()));
    let [now, most] = [0, 0];
    s3.intercept = (_, response) => {
      now += 1;
      most = Math.max(most, now);
      response.on('close', () => {
        now -= 1;
      });
      return false;
    };
    await Promise.all(found.map((each) => collect(files.open(each, never()))));
    expect(most).toBeLessThanOrEqual(2);
  });
});
