import { expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { convert, fillStore, outcomes, scratch } from './harness.js';
import { serveMlflow } from './mlflow-server.js';

async function isWholeInAim(uri: string, flags: readonly string[] = [], told: readonly string[] = []): Promise<void> {
  const repo = await scratch();
  const report = await convert(uri, repo, flags);
  const [expected, read] = [await expectedRuns(uri, [...flags, ...told]), await readAim(repo)];
  expect(some(differences(expected, read.runs))).toBe('');
  expect(read.indexProblems).toEqual([]);
  expect(outcomes(report).new).toBe(expected.size);
}

test('a server over a database, artifacts through its proxy: small, edge and artifacts', async () => {
  const server = await serveMlflow();
  for (const shape of ['small', 'edge', 'artifacts'] as const) await fillStore(shape, server.url);
  await isWholeInAim(server.url);
  await isWholeInAim(server.url, ['--include-deleted', '--repeated-steps', 'split']);
});
