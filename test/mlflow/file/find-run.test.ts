import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunSearch } from '../../../src/mlflow/common/run-search.js';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import { findRun } from '../../../src/mlflow/search/search-runs.js';
import { never } from '../../contract/tracking-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';

const RUN = 'a'.repeat(32);
const ref = { runId: RUN, experimentId: '1', locator: `1/${RUN}` };

let builder: FileStoreBuilder;
let directory: string;
beforeEach(() => {
  builder = new FileStoreBuilder();
  directory = builder.run('1', {
    runId: RUN,
    params: { lr: '0.1', 'deep/er': 'x' },
    metrics: { acc: '1 0.5 0\n2 0.7 1\n3 0.9 1\n0 5 0\nno line\n', open: '1 0.1 0\n2 0.' },
  });
});
afterEach(() => builder.remove());

const finds = async (search: RunSearch) =>
  (await findRun(new FileStore(builder.root), ref, search, never())) !== undefined;

test.each([
  ["params.lr = '0.1'", true],
  ["params.`deep/er` = 'x'", true],
  ["params.`deep` = 'x'", false],
  ["params.`../params/lr` = '0.1'", false],
  ["params.`/lr` = '0.1'", false],
  ['metrics.acc = 0.9', true],
  ['metrics.open = 0', true],
  ['metrics.none = 0', false],
  [`params.\`${'x'.repeat(300)}\` IS NULL`, true],
])('%s: %p', async (filter, expected) => {
  expect(await finds({ filter })).toBe(expected);
});

test('only what the conditions name is read', async () => {
  for (const part of ['metrics/acc', 'metrics/open', 'params/deep/er']) {
    rmSync(join(directory, part));
    mkdirSync(join(directory, part));
  }
  rmSync(join(directory, 'tags'), { recursive: true });
  writeFileSync(join(directory, 'tags'), 'no directory');
  expect(await finds({ filter: "params.lr = '0.1' and status = 'FINISHED'" })).toBe(true);
  // a condition that comes at no cost decides first
  expect(await finds({ filter: "tags.a = 'b' and status = 'FAILED'" })).toBe(false);
});

test('a run of which a condition cannot be decided counts as found, and one that is none does not', async () => {
  rmSync(join(directory, 'params/lr'));
  symlinkSync(join(builder.parent), join(directory, 'params/outside'));
  symlinkSync('/etc/hostname', join(directory, 'params/lr'));
  expect(await finds({ filter: "params.lr = '7'" })).toBe(true);
  expect(await finds({ filter: "params.`outside/x` = '7'" })).toBe(false);
  rmSync(join(directory, 'meta.yaml'));
  mkdirSync(join(directory, 'meta.yaml'));
  expect(await finds({ since: 1 })).toBe(true);
  rmSync(join(directory, 'meta.yaml'), { recursive: true });
  expect(await finds({ since: 1 })).toBe(false);
});
