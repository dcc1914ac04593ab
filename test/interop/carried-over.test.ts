import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readAim } from './compare.js';
import { convert, makeStore, outcomes, scratch } from './harness.js';
import { complaints, databases } from './rocks.js';

/** The directories of all runs of a store. */
async function runDirectories(store: string): Promise<string[]> {
  const files = await readdir(store, { recursive: true });
  return files.filter((file) => /^\d+\/[0-9a-f]{32}\/meta\.yaml$/.test(file)).map((file) => join(store, file, '..'));
}

/** What Aim reads of each run, without what tells of the conversion, and without the tag that is set meanwhile. */
async function readRuns(repo: string): Promise<unknown> {
  const { runs, indexProblems } = await readAim(repo);
  expect(indexProblems).toEqual([]);
  const texts = JSON.stringify([...runs].map(([hash, { log_records: _, ...run }]) => [hash, run]));
  return JSON.parse(texts, (key, value) => (key === 'seen' ? undefined : value));
}

test.each([
  ['artifacts', ['artifacts']],
  ['small', ['params', 'metrics', 'inputs', 'outputs']],
] as const)('Aim reads what was carried over as it read it before (%s)', async (shape, parts) => {
  const store = await makeStore(shape);
  const repo = await scratch();
  const directories = await runDirectories(store);
  for (const directory of directories) await writeFile(join(directory, 'tags', 'seen'), '0');
  await convert(store, repo);
  const before = await readRuns(repo);

  const aside = await scratch();
  let moved = 0;
  for (const [i, directory] of directories.entries()) {
    for (const part of parts) {
      await rename(join(directory, part), join(aside, `${i}-${part}`)).then(
        () => moved++,
        () => {},
      );
    }
    await writeFile(join(directory, 'tags', 'seen'), '1');
  }
  expect(moved).toBeGreaterThanOrEqual(directories.length);
  const report = await convert(store, repo, [], 3);
  expect(outcomes(report)).toEqual({ updated: directories.length });
  expect(await readRuns(repo)).toEqual(before);
  expect((await Promise.all((await databases(repo)).map(complaints))).flat()).toEqual([]);

  for (const [i, directory] of directories.entries()) {
    for (const part of parts) await rename(join(aside, `${i}-${part}`), join(directory, part)).catch(() => {});
  }
  await convert(store, repo);
  const fresh = await scratch();
  await convert(store, fresh);
  expect((await readAim(repo)).runs).toEqual((await readAim(fresh)).runs);
});
