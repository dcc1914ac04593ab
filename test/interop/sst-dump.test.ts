import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { convert, makeStore, scratch } from './harness.js';
import { complaints, databases } from './rocks.js';

test("RocksDB's own tools find every database that a conversion wrote sound", async () => {
  const repo = await scratch();
  await convert(await makeStore('small'), repo);
  await convert(await makeStore('artifacts'), repo);
  await convert(await makeStore('wide'), repo);
  const found = await databases(repo);
  expect(found).toContain(join(repo, '.aim/meta/index'));
  expect(found.filter((path) => path.includes('/meta/chunks/')).length).toBe(6 + 5 + 1);
  expect(found.filter((path) => path.includes('/seqs/chunks/')).length).toBe(6 + 5 + 1);
  const all = await Promise.all(found.map(complaints));
  expect(all.flat()).toEqual([]);
});

test('the check would find one wrong byte', async () => {
  const repo = await scratch();
  await convert(await makeStore('small'), repo);
  const copy = join(await scratch(), 'copy');
  await cp(join(repo, '.aim/meta/index'), copy, { recursive: true });
  const table = join(copy, (await readdir(copy)).find((name) => name.endsWith('.sst'))!);
  const bytes = await readFile(table);
  bytes[40]! ^= 0x10;
  await writeFile(table, bytes);
  expect((await complaints(copy)).join('\n')).toMatch(/corrupt|mismatch/i);
});
