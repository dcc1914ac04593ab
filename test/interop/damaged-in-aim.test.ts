import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { convert, makeStore, outcomes, scratch } from './harness.js';

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
