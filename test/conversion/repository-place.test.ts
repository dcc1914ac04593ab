import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkRepositoryPlace } from '../../src/conversion/repository-place.js';
import type { ChangeSignal } from '../../src/mlflow/common/tracking-store.js';
import { checkPlace } from '../../src/report/report-place.js';
import { startCli } from '../support/command-line.js';
import { fillWithExamples, id } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

let store: FileStoreBuilder;
beforeEach(() => {
  store = fillWithExamples(new FileStoreBuilder());
});
afterEach(() => store.remove());

const OTHER: ChangeSignal = { type: 'poll' };

function check(
  repo: string,
  changes: ChangeSignal = { type: 'directory', root: store.root },
  artifactsDestination?: string,
) {
  checkRepositoryPlace(
    {
      repo,
      source: { concurrency: 1, ...(artifactsDestination !== undefined && { artifactsDestination }) },
    },
    { changes },
  );
}

const refusal = (what: string) => expect.objectContaining({ kind: 'fatal', message: expect.stringContaining(what) });

test.each([
  ['the store', ''],
  ['the repository itself in the store', '.aim'],
  ['what is in the store and no experiment', 'somewhere/else'],
  ['its trash', '.trash'],
  ['an experiment', '1'],
  ['a run', `1/${id('a')}`],
  ['the artifacts of a run', `1/${id('a')}/artifacts/aim`],
])('a repository may not lie in %s, be it of this source or of another', (_, path) => {
  const before = readdirSync(store.root, { recursive: true });
  expect(() => check(join(store.root, path))).toThrow(refusal('would lie in the MLflow store'));
  expect(() => check(join(store.root, path), OTHER)).toThrow(refusal('would lie in the MLflow store'));
  expect(readdirSync(store.root, { recursive: true })).toEqual(before);
});

test('links lead where they lead', () => {
  const link = join(temporaryDirectory(), 'link');
  symlinkSync(join(store.root, '1'), link);
  expect(() => check(join(link, 'aim'))).toThrow(refusal(`in the MLflow store ${store.root}`));
  const storeByLink = join(temporaryDirectory(), 'mlruns');
  symlinkSync(store.root, storeByLink);
  expect(() => check(store.root, { type: 'directory', root: storeByLink })).toThrow(refusal('would lie'));
});

test('nor in artifacts that MLflow serves, or that a database names', () => {
  const directory = temporaryDirectory();
  const run = join(directory, 'mlartifacts/1', 'ab'.repeat(16), 'artifacts');
  mkdirSync(run, { recursive: true });
  expect(() => check(run, OTHER)).toThrow(refusal('in the artifacts of an MLflow run'));
  expect(() => check(join(directory, 'mlartifacts'), OTHER, `file://${directory}/mlartifacts`)).toThrow(
    refusal('in the artifacts that MLflow serves'),
  );
});

test('beside the store, and beside files that look like it, all is well', () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'meta.yaml'), 'package:\n  name: a conda recipe\n');
  mkdirSync(join(directory, '2024'));
  for (const repo of [store.parent, join(store.parent, 'repo'), directory]) expect(() => check(repo)).not.toThrow();
});

test('the command makes nothing there, and says where the repository may lie', async () => {
  const { ended } = startCli(['convert', '--tracking-uri', '.'], { cwd: store.root });
  expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining(`use --repo '${store.parent}'`) });
  expect(existsSync(join(store.root, '.aim'))).toBe(false);
});

test('a report is not written there either', () => {
  expect(() => checkPlace('report', join(store.root, '1', id('a'), 'params', 'report.json'))).toThrow(
    refusal('would lie in the MLflow store'),
  );
  expect(() => checkPlace('report', join(store.parent, 'report.json'))).not.toThrow();
  expect(() => checkPlace('report', '/dev/stdout')).not.toThrow();
});
