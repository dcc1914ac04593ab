import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { FakeS3 } from '../mlflow/artifacts/fake-s3.js';
import { convertOnce } from '../support/conversions.js';
import { newStore } from '../support/example-store.js';
import { heldOf } from '../support/held-run.js';
import { temporaryDirectory } from '../support/temporary.js';
import { expectKept, expectWhole } from '../support/unread-parts-law.js';

/** The law of docs/mapping.md for artifacts in an object store. */

const RUN = 'a'.repeat(32);
const PREFIX = `mlf/${RUN}/artifacts/`;
const VARIABLES = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'verysecret',
  AWS_MAX_ATTEMPTS: '1',
  AWS_CA_BUNDLE: undefined,
};

let s3: FakeS3;
let before: Record<string, string | undefined>;

function setEnvironment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

beforeEach(async () => {
  s3 = new FakeS3();
  const names = ['MLFLOW_S3_ENDPOINT_URL', ...Object.keys(VARIABLES)];
  before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  setEnvironment({ ...VARIABLES, MLFLOW_S3_ENDPOINT_URL: await s3.listen() });
});
afterEach(async () => {
  await s3.close();
  setEnvironment(before);
});

function refuse(response: ServerResponse): true {
  response.writeHead(403, { 'content-type': 'application/xml' });
  response.end('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>');
  return true;
}

const fill = () => {
  for (const name of ['a.txt', 'sub/b.txt', 'model.bin']) s3.objects.set(PREFIX + name, Buffer.from(name));
};

type Intercept = FakeS3['intercept'];

test.each<[string, Intercept | 'empty']>([
  ['the prefix is empty', 'empty'],
  ['nothing may be listed', (_, response) => refuse(response)],
  [
    'one object may not be read',
    ({ url = '' }, response) => url.includes('/sub/b.txt') && !url.includes('list-type') && refuse(response),
  ],
  [
    'the bucket is gone',
    (request) => {
      request.url = '/other/';
      return false;
    },
  ],
])('artifacts stay when %s', async (_, trouble) => {
  const store = newStore();
  const directory = store.run('1', { runId: RUN, artifactUri: `s3://bucket/${PREFIX.slice(0, -1)}` });
  const convert = async (repository: string) => {
    const source = openStore(store.root);
    try {
      return (await convertOnce(source, Repository.open(repository))).results[0]!;
    } finally {
      await source.close();
    }
  };
  fill();
  const repository = temporaryDirectory();
  await convert(repository);
  const held = heldOf(repository, RUN);
  expect([...held.keys()]).toEqual(expect.arrayContaining(['file a.txt', 'file sub/b.txt', 'link model.bin']));

  if (trouble === 'empty') s3.objects.clear();
  else s3.intercept = trouble;
  writeFileSync(join(directory, 'tags', 'seen'), '1');
  const { report } = await convert(repository);
  expect(report).toMatchObject({ outcome: 'updated', incomplete: [{ part: 'artifacts' }] });
  const now = heldOf(repository, RUN);
  expect(now.get('attribute tags seen')).toBe('"1"');
  expectKept(held, now);

  s3.intercept = () => false;
  fill();
  writeFileSync(join(directory, 'tags', 'seen'), '2');
  await convert(repository);
  await expectWhole(repository, convert);
});
