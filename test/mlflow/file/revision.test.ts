import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import type { RunRef } from '../../../src/model.js';
import { never } from '../../contract/tracking-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';
import { settled } from '../../support/settled.js';

const RUN = 'a'.repeat(32);
const REF: RunRef = { runId: RUN, experimentId: '1', locator: `1/${RUN}` };

let builder: FileStoreBuilder;
let run: string;
let elsewhere: string;
beforeEach(() => {
  builder = new FileStoreBuilder();
  elsewhere = join(builder.parent, 'elsewhere', RUN, 'artifacts');
  mkdirSync(elsewhere, { recursive: true });
  writeFileSync(join(elsewhere, 'a.png'), 'x');
  run = builder.run('1', {
    runId: RUN,
    artifactUri: elsewhere,
    params: { lr: '0.1' },
    tags: { team: 'red' },
    metrics: { 'train/loss': '1 0.5 0\n' },
    artifacts: { 'in-store.txt': 'x' },
    datasets: [{ id: 'd1', name: 'd', digest: 'x' }],
    models: [{ id: 'm-1', name: 'm', step: 0, params: { p: '1' } }],
  });
});
afterEach(() => builder.remove());

const look = (): Promise<string> => new FileStore(builder.root).revision(REF, never());

/** What a look finds that comes some time after the last change. */
async function revision(): Promise<string> {
  await settled(builder.parent);
  return look();
}

/** Writes the same number of other bytes, at another time. */
function rewrite(file: string): void {
  const { size, mtime } = statSync(file);
  writeFileSync(file, 'z'.repeat(size));
  utimesSync(file, mtime, new Date(mtime.getTime() + 1));
}

const ofRun =
  (...path: string[]) =>
  () =>
    join(run, ...path);
const ofExperiment =
  (...path: string[]) =>
  () =>
    join(dirname(run), ...path);

describe('changes with', () => {
  test.each([
    ['a param', ofRun('params', 'lr')],
    ['a tag', ofRun('tags', 'team')],
    ['a metric', ofRun('metrics', 'train', 'loss')],
    ['the header', ofRun('meta.yaml')],
    ['an artifact elsewhere', () => join(elsewhere, 'a.png')],
    ['an input', ofRun('inputs', 'input-d1', 'meta.yaml')],
    ['a dataset', ofExperiment('datasets', 'd1', 'meta.yaml')],
    ['a model', ofExperiment('models', 'm-1', 'meta.yaml')],
    ['a model’s param', ofExperiment('models', 'm-1', 'params', 'p')],
  ])('%s', async (_, file) => {
    const before = await revision();
    rewrite(file());
    const after = await revision();
    expect(after).not.toBe(before);
    rmSync(file());
    expect([before, after]).not.toContain(await revision());
  });

  test('a point, a new file, a renamed file', async () => {
    const marks = [await revision()];
    appendFileSync(join(run, 'metrics', 'train', 'loss'), '2 0.4 1\n');
    marks.push(await revision());
    writeFileSync(join(run, 'tags', 'new'), '');
    marks.push(await revision());
    symlinkSync('nowhere', join(elsewhere, 'link'));
    marks.push(await revision());
    expect(new Set(marks).size).toBe(marks.length);
  });
});

describe('changes when size and modification time do not', () => {
  const replace = (file: string): void => {
    const { size, atime, mtime } = statSync(file);
    writeFileSync(`${file}.new`, 'z'.repeat(size));
    utimesSync(`${file}.new`, atime, mtime);
    renameSync(`${file}.new`, file);
  };
  const inPlace = (file: string): void => {
    const { size, atime, mtime } = statSync(file);
    writeFileSync(file, 'z'.repeat(size));
    utimesSync(file, atime, mtime);
  };

  test.each([
    ['written in place', 'params/lr', inPlace],
    ['replaced', 'params/lr', replace],
    ['written in place', 'metrics/train/loss', inPlace],
    ['replaced', 'metrics/train/loss', replace],
  ] as const)('a file is %s: %s', async (_, path, write) => {
    const file = join(run, path);
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    const before = await revision();
    const { size, mtimeMs } = statSync(file);
    write(file);
    expect(statSync(file)).toMatchObject({ size, mtimeMs });
    expect(await revision()).not.toBe(before);
  });
});

test('is that of one look only, while a change could still leave the times of a file as they are', async () => {
  writeFileSync(join(run, 'params', 'lr'), '0.2');
  expect(await look()).not.toBe(await look());
  expect(await revision()).toBe(await revision());
});

test('stays when nothing of the run changes', async () => {
  const before = await revision();
  rewrite(join(builder.root, '1', 'meta.yaml'));
  builder.run('1', { runId: 'b'.repeat(32), params: { other: '1' } });
  expect(await revision()).toBe(before);
});

test('exists for a run whose header is broken, and not for one that is gone', async () => {
  writeFileSync(join(run, 'meta.yaml'), '');
  expect(await revision()).toMatch(/./);
  rmSync(run, { recursive: true });
  await expect(revision()).rejects.toMatchObject({ kind: 'not-a-run' });
});
