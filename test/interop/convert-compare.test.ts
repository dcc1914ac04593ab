import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { convert, makeStore, outcomes, PROJECT, type Shape, scratch } from './harness.js';

/** What is compared: a store, the flags of convert, and the flags that say the same to expected.py. */
interface Case {
  readonly shape: Shape;
  readonly flags: readonly string[];
}

const CASES: readonly Case[] = [
  { shape: 'small', flags: [] },
  { shape: 'edge', flags: [] },
  { shape: 'edge', flags: ['--include-deleted'] },
  { shape: 'edge', flags: ['--repeated-steps', 'last'] },
  { shape: 'edge', flags: ['--repeated-steps', 'split', '--context', 'auto'] },
  { shape: 'edge', flags: ['--repeated-steps', 'index'] },
  { shape: 'edge', flags: ['--raw-params', '--no-artifacts', '--context', 'auto'] },
  { shape: 'wide', flags: [] },
  { shape: 'long', flags: [] },
  { shape: 'artifacts', flags: ['--terminal-log', 'text/*.log'] },
  { shape: 'old', flags: [] },
  { shape: 'old', flags: ['--include-deleted'] },
];

/** The files of one of the old runs are in a bucket that is not there: it is incomplete. */
const exitCode = (shape: Shape): number => (shape === 'old' ? 3 : 0);

/** The test file makes each store once; converting does not change it. */
const stores = new Map<Shape, Promise<string>>();

function store(shape: Shape): Promise<string> {
  const made = stores.get(shape) ?? makeStore(shape);
  stores.set(shape, made);
  return made;
}

test.each(CASES)('Aim reads of the $shape store what MLflow says, with $flags', async ({ shape, flags }) => {
  const source = await store(shape);
  const repo = await scratch();
  const report = await convert(source, repo, flags, exitCode(shape));
  const [expected, read] = [await expectedRuns(source, flags), await readAim(repo)];
  expect(some(differences(expected, read.runs))).toBe('');
  expect(read.indexProblems).toEqual([]);
  expect(outcomes(report).new).toBe(expected.size);
});

test('the example store, which was copied from elsewhere, is whole in Aim', async () => {
  const source = join(PROJECT, 'examples/mlruns');
  const repo = await scratch();
  await convert(source, repo);
  const [expected, read] = [await expectedRuns(source), await readAim(repo)];
  expect(expected.size).toBeGreaterThan(10);
  expect(some(differences(expected, read.runs))).toBe('');
  expect(read.indexProblems).toEqual([]);
});

test('what is no run is told in the report, not passed over in silence', async () => {
  const source = await store('old');
  const report = await convert(source, await scratch(), [], exitCode('old'));
  const told = JSON.stringify(report);
  for (const number of ['51', '52', '53']) expect(told).toContain(`${number}ab12cd34ef56ab78`);
});
