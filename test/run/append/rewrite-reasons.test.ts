import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Repository } from '../../../src/aim/repository.js';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import type { RewriteReason } from '../../../src/outcome.js';
import { DEFAULT_MAPPING } from '../../../src/policies.js';
import { type ConversionChoices, convertOnce, NOW } from '../../support/conversions.js';
import { newStore } from '../../support/example-store.js';
import { temporaryDirectory } from '../../support/temporary.js';

const line = (step: number, timestamp = NOW - 1000 + step) => `${timestamp} ${step}.5 ${step}\n`;

/** An active run with something of everything, converted once. */
async function example() {
  const store = newStore();
  const spec = { runId: 'a', status: 1, endTime: null, startTime: NOW - 2000, params: { lr: '1' }, tags: { x: '1' } };
  const directory = store.run('1', { ...spec, metrics: { loss: line(0) + line(1) } });
  mkdirSync(join(directory, 'artifacts'), { recursive: true });
  writeFileSync(join(directory, 'artifacts', 'a.txt'), 'a');
  const path = temporaryDirectory();
  const convert = async (choices: ConversionChoices = {}) => {
    const { results } = await convertOnce(new FileStore(store.root), Repository.open(path), {}, choices);
    return results.find(({ report }) => report.runId === 'a')!.report;
  };
  expect((await convert()).rewritten).toBeUndefined();
  return { store, spec, directory, repository: Repository.open(path), convert };
}

type Example = Awaited<ReturnType<typeof example>>;

const loss = ({ directory }: Example) => join(directory, 'metrics', 'loss');

/** A file that is a directory is one that cannot be read. */
function makeUnreadable(file: string): void {
  rmSync(file);
  mkdirSync(file);
}

test.each<[RewriteReason, string, (example: Example) => void, ConversionChoices]>([
  ['inputs-changed', 'other options', () => {}, { mapping: { ...DEFAULT_MAPPING, repeatedSteps: 'last' } }],
  ['changed-in-aim', 'a missing table', ({ repository }) => rmSync(repository.seqs('a'), { recursive: true }), {}],
  [
    'header-unread',
    'params that cannot be listed',
    ({ directory }) => makeUnreadable(join(directory, 'params', 'lr')),
    {},
  ],
  ['history-unread', 'a broken line', (run) => appendFileSync(loss(run), 'no point\n'), {}],
  ['history-rewritten', 'a history that is shorter', (run) => writeFileSync(loss(run), line(0)), {}],
  ['step-order', 'a step below the highest', (run) => appendFileSync(loss(run), line(0)), {}],
  [
    'artifacts-unread',
    'a directory of artifacts that is gone',
    ({ directory }) => rmSync(join(directory, 'artifacts'), { recursive: true }),
    {},
  ],
  ['times-changed', 'a time at which the run is stale', () => {}, { now: NOW + 2 * DEFAULT_MAPPING.staleAfter }],
  [
    'times-changed',
    'another start time',
    ({ directory }) => {
      const file = join(directory, 'meta.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`${NOW - 2000}`, `${NOW - 3000}`));
    },
    {},
  ],
  [
    'too-much',
    'more points than are held in memory',
    (run) => appendFileSync(loss(run), Array.from({ length: 2 ** 18 + 1 }, (_, i) => line(i + 2)).join('')),
    {},
  ],
])('an active run is rewritten with the reason %s for %s', async (reason, _, happens, choices) => {
  const run = await example();
  appendFileSync(loss(run), line(2));
  expect(await run.convert()).toMatchObject({ outcome: 'updated' });
  appendFileSync(loss(run), line(3));
  happens(run);
  const report = await run.convert(choices);
  expect(report).toMatchObject({ outcome: 'updated', rewritten: reason });
});

test('an active run that is appended to, and one that has ended, have no reason', async () => {
  const run = await example();
  appendFileSync(loss(run), line(2));
  expect(await run.convert()).toMatchObject({ outcome: 'updated', counts: { points: 1 } });
  expect((await run.convert()).rewritten).toBeUndefined();
  const file = join(run.directory, 'meta.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('status: 1', 'status: 3'));
  const report = await run.convert();
  expect(report.outcome).toBe('updated');
  expect(report).not.toHaveProperty('rewritten');
});

test('an active run is rewritten when what could not be read can be read again, and when nothing is known of it', async () => {
  const run = await example();
  const file = join(run.directory, 'params', 'lr');
  makeUnreadable(file);
  appendFileSync(loss(run), line(2));
  expect((await run.convert()).rewritten).toBe('header-unread');
  rmSync(file, { recursive: true });
  writeFileSync(file, '2');
  expect((await run.convert()).rewritten).toBe('readable-again');
  rmSync(run.repository.ledgerFile);
  expect((await run.convert()).rewritten).toBe('no-state');
});
