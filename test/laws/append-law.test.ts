import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import { Repository } from '../../src/aim/repository.js';
import { parseContext } from '../../src/cli/options/context-values.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { DEFAULT_MAPPING, type RepeatedSteps } from '../../src/policies.js';
import { readVersion, tableName } from '../../src/rocksdb/database.js';
import { MOMENTS } from '../support/broken-conversions.js';
import { type Change, ChangingStore, change } from '../support/changing-store.js';
import { type ConversionChoices, convertOnce, NOW } from '../support/conversions.js';
import { newStore } from '../support/example-store.js';
import { essence, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

/** The law of docs/mapping.md: any number of passes end as one conversion of the final state. */

type Action = Change | { readonly type: 'pass'; readonly brief: boolean; readonly moment?: string | undefined };

/** A pass of a sync, one in five of which is broken off. What a deleted staging directory breaks is tried elsewhere. */
const moments = Object.keys(MOMENTS).filter((moment) => moment !== 'while data is brought to disk');
const pass = fc.record({
  type: fc.constant('pass' as const),
  brief: fc.boolean(),
  moment: fc.option(fc.constantFrom(...moments), { nil: undefined, freq: 4 }),
});
const history = fc.array(
  fc.oneof<[fc.WeightedArbitrary<Change>, fc.WeightedArbitrary<Action>]>(
    { weight: 3, arbitrary: change },
    { weight: 2, arbitrary: pass },
  ),
  { minLength: 4, maxLength: 80, size: 'max' },
);

/** Tried first, so that appending is certainly among what is tried. */
const usual: readonly Action[] = [
  { run: 'a', type: 'points', metric: 'loss', steps: ['next', 'next'] },
  { type: 'pass', brief: true },
  { run: 'a', type: 'points', metric: 'loss', steps: ['next', 'next'] },
  { run: 'a', type: 'points', metric: 'val/acc', steps: ['next'] },
  { run: 'a', type: 'tag', name: 'x', value: '1' },
  { type: 'pass', brief: true },
  { run: 'a', type: 'points', metric: 'val/acc', steps: ['next'] },
  { run: 'a', type: 'artifact', name: 'plots/1.png', value: '1' },
  { run: 'a', type: 'artifact', name: 'c.bin', value: '1' },
  { type: 'pass', brief: true },
  { run: 'a', type: 'artifact', name: 'plots/2.png', value: '0.5' },
];

/** Datasets of one name, and keys that would share a sequence, whose second comes later. */
const late: readonly Action[] = [
  { run: 'a', type: 'points', metric: 'loss', steps: ['next', 'next'], dataset: { name: 'test', digest: 'b' } },
  { run: 'a', type: 'points', metric: 'val/acc', steps: ['next'] },
  { type: 'pass', brief: true },
  { run: 'a', type: 'points', metric: 'loss', steps: ['next'], dataset: { name: 'train', digest: 'a' } },
  { run: 'a', type: 'points', metric: 'loss', steps: ['next'], dataset: { name: 'test', digest: 'b' } },
  { type: 'pass', brief: true },
  { run: 'a', type: 'points', metric: 'loss', steps: ['next'], dataset: { name: 'test', digest: 'c' } },
  { type: 'pass', brief: true },
  { run: 'a', type: 'points', metric: 'val_acc', steps: ['next'] },
  { type: 'pass', brief: true },
  { run: 'a', type: 'points', metric: 'loss', steps: ['next'], dataset: { name: 'test', digest: 'c' } },
];

let appended = 0;

async function play(actions: readonly Action[], repeatedSteps: RepeatedSteps): Promise<void> {
  const store = new ChangingStore();
  const directory = temporaryDirectory();
  const options: ConversionChoices = {
    includeDeleted: true,
    mapping: { ...DEFAULT_MAPPING, repeatedSteps, contexts: parseContext('auto') },
  };
  const sync = async (brief: boolean, moment?: string) => {
    const source = new FileStore(store.root);
    const repository = Repository.open(directory);
    const disturbance = moment === undefined ? {} : MOMENTS[moment]!(repository);
    const passed = convertOnce(source, repository, disturbance, { ...options, brief });
    if (moment !== undefined) {
      await passed.catch(() => {});
      return;
    }
    const { results } = await passed;
    expect(results.filter(({ report }) => ['failed', 'skipped'].includes(report.outcome))).toEqual([]);
    appended += results.filter(({ staged }) => staged?.files?.appendsTo !== undefined).length;
  };
  try {
    for (const action of actions) {
      if (action.type === 'pass') await sync(action.brief, action.moment);
      else store.apply(action);
    }
    await sync(false);
    const fresh = temporaryDirectory();
    await convertOnce(new FileStore(store.root), Repository.open(fresh), {}, options);
    expect(essence(directory)).toEqual(essence(fresh));
    expect(staleChecksums(directory)).toEqual([]);
    const repository = Repository.open(directory);
    for (const hash of repository.hashes()) {
      for (const database of [repository.meta(hash), repository.seqs(hash)]) {
        const newest = readVersion(database).files.filter(({ level }) => level === 0);
        expect(newest.length).toBeLessThanOrEqual(8);
      }
    }
  } finally {
    store.remove();
  }
}

test.each<RepeatedSteps>(['auto', 'last', 'split', 'index'])(
  'any changes, synced in any number of passes, end as one conversion of the final state (%s)',
  async (repeatedSteps) => {
    appended = 0;
    await fc.assert(
      fc.asyncProperty(history, (actions) => play(actions as readonly Action[], repeatedSteps)),
      { numRuns: 8, examples: [[usual as Action[]], [late as Action[]]] },
    );
    // else nothing was tried
    expect(appended).toBeGreaterThan(0);
  },
);

describe('a metric that is too long for memory', () => {
  const LENGTH = 270_000;
  const text = (from: number, to: number, step: (i: number) => number) => {
    let lines = '';
    for (let i = from; i < to; i++) lines += `${NOW - 1000} ${i % 1000}.5 ${step(i)}\n`;
    return lines;
  };

  test.each<[string, (i: number) => number, boolean]>([
    ['repeats its steps', (i) => Math.floor(i / 300), true],
    ['has no steps', () => 0, true],
    ['begins anew', (i) => i % 1000, false],
  ])('is appended to as others are (%s)', async (_, step, isAppended) => {
    const store = newStore();
    const directory = store.run('1', { runId: 'a', status: 1, endTime: null, startTime: NOW - 2000 });
    const file = join(directory, 'metrics', 'loss');
    writeFileSync(file, text(0, LENGTH, step));
    const [repo, fresh] = [temporaryDirectory(), temporaryDirectory()];
    await convertOnce(new FileStore(store.root), Repository.open(repo));
    appendFileSync(file, text(LENGTH, LENGTH + 50, step));
    const { results } = await convertOnce(new FileStore(store.root), Repository.open(repo));
    expect(results.map(({ staged }) => staged?.files?.appendsTo !== undefined)).toEqual([isAppended]);
    await convertOnce(new FileStore(store.root), Repository.open(fresh));
    expect(essence(repo)).toEqual(essence(fresh));
  });
});

test('a run whose append state or table is damaged is written anew', async () => {
  const store = newStore();
  const directory = store.run('1', { runId: 'a', status: 1, endTime: null, startTime: NOW - 2000 });
  const file = join(directory, 'metrics', 'loss');
  const line = (step: number) => `${NOW - 1000} ${step}.5 ${step}\n`;
  writeFileSync(file, line(0));
  const repo = temporaryDirectory();
  const repository = Repository.open(repo);
  const source = new FileStore(store.root);
  await convertOnce(source, repository);

  const ledger = new DatabaseSync(repository.ledgerFile);
  ledger.exec('UPDATE runs SET growth = replace(growth, \'"received":1\', \'"received":2\')');
  ledger.close();
  appendFileSync(file, line(1));
  const rewritten = async () => (await convertOnce(source, repository)).results[0]?.report.rewritten;
  expect(await rewritten()).toBe('append-failed');
  appendFileSync(file, line(2));
  expect(await rewritten()).toBeUndefined();

  const table = readVersion(repository.meta('a')).files[0]!;
  const path = join(repository.meta('a'), tableName(table.number));
  const bytes = readFileSync(path);
  bytes[40]! ^= 1;
  writeFileSync(path, bytes);
  appendFileSync(file, line(3));
  expect(await rewritten()).toBe('append-failed');

  const fresh = temporaryDirectory();
  await convertOnce(source, Repository.open(fresh));
  expect(essence(repo)).toEqual(essence(fresh));
});
