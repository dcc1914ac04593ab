import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { convert, makeStore, outcomes, scratch } from './harness.js';
import { expectSound, verify } from './verifying.js';

test('what was damaged in Aim is whole for the real Aim after the next conversion', async () => {
  const store = await makeStore('small');
  const repo = await scratch();
  await convert(store, repo);
  const aim = join(repo, '.aim');
  const [first = '', second = '', third = ''] = (await readdir(join(aim, 'meta/chunks'))).sort();
  await rm(join(aim, 'meta/chunks', first, 'CURRENT'));
  await rm(join(aim, 'seqs/chunks', second), { recursive: true });
  const table = (await readdir(join(aim, 'meta/chunks', third))).find((name) => name.endsWith('.sst')) ?? '';
  await truncate(join(aim, 'meta/chunks', third, table), 100);
  await rm(join(aim, 'meta/index/CURRENT'));

  const report = await convert(store, repo);
  expect(outcomes(report)).toMatchObject({ updated: 3 });
  const warnings = report.warnings.join('\n');
  expect(warnings).toContain('3 runs were damaged in Aim');
  expect(warnings).toContain('The index of the Aim repository was damaged');
  const read = await readAim(repo);
  expect(some(differences(await expectedRuns(store), read.runs))).toBe('');
  expect(read.indexProblems).toEqual([]);
});

test('verify --repair finds what is wrong, and leaves what the real Aim reads as MLflow has it', async () => {
  const store = await makeStore('small');
  const repo = await scratch();
  await convert(store, repo);
  const aim = join(repo, '.aim');
  const [first = '', second = ''] = (await readdir(join(aim, 'meta/chunks'))).sort();
  await rm(join(aim, 'meta/chunks', first, 'CURRENT'));
  const table = (await readdir(join(aim, 'seqs/chunks', second))).find((name) => name.endsWith('.sst')) ?? '';
  const bytes = await readFile(join(aim, 'seqs/chunks', second, table));
  bytes[20]! ^= 1;
  await writeFile(join(aim, 'seqs/chunks', second, table), bytes);
  expect(await verify(store, repo)).toMatchObject({ code: 4, totals: { runs: { differs: 2 } } });

  await expectSound(store, repo, ['--repair']);
  await expectSound(store, repo);
  const read = await readAim(repo);
  expect(some(differences(await expectedRuns(store), read.runs))).toBe('');
  expect(read.indexProblems).toEqual([]);
});
