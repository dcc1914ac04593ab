import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { exampleStore, id } from '../support/example-store.js';
import { converted, verdicts } from './verifying.js';

/** Changes one bit in the middle of each table of a database; gives their names. */
function spoil(directory: string): string[] {
  const tables = readdirSync(directory).filter((file) => file.endsWith('.sst'));
  for (const name of tables) {
    const bytes = readFileSync(join(directory, name));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(directory, name), bytes);
  }
  return tables.sort();
}

test('points that cannot be read because a table is damaged are told once for each, and not as missing', async () => {
  const { root } = exampleStore();
  const repository = await converted(root);
  const tables = spoil(repository.seqs(id('a')));
  const runs = await verdicts(root, repository);
  const run = runs.get(id('a'))!;
  expect(run).toMatchObject({ verdict: 'differs', differences: [] });
  expect(run.findings.map(({ code, file }) => ({ code, file }))).toEqual(
    tables.map((name) => ({ code: 'database-damaged', file: `seqs/chunks/${id('a')}/${name}` })),
  );
  expect(runs.get(id('b'))?.verdict).toBe('equal');
});

test('points whose database is missing are told once, and not as missing', async () => {
  const { root } = exampleStore();
  const repository = await converted(root);
  rmSync(repository.seqs(id('a')), { recursive: true });
  const run = (await verdicts(root, repository)).get(id('a'))!;
  expect(run).toMatchObject({ verdict: 'differs', differences: [], findings: [{ code: 'database-missing' }] });
});

test('a run whose attributes cannot be read differs, and the others are compared', async () => {
  const { root } = exampleStore();
  const repository = await converted(root);
  spoil(repository.meta(id('a')));
  const runs = await verdicts(root, repository);
  expect(runs.get(id('a'))).toMatchObject({ verdict: 'differs', findings: [{ code: 'database-damaged' }] });
  expect(runs.get(id('b'))?.verdict).toBe('equal');
});
