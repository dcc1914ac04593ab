import { appendFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Repository } from '../../src/aim/repository.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { type Change, ChangingStore, change } from '../support/changing-store.js';
import {
  type ConversionChoices,
  convertOnce,
  inProcess,
  inWorkers,
  NOW,
  type StartConverter,
} from '../support/conversions.js';
import { newStore } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { essence, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const IMPLEMENTATIONS: readonly [string, StartConverter, number][] = [
  ['worker threads', inWorkers, 2],
  ['this process', inProcess, 8],
];

type Action = Change | { readonly type: 'pass' } | { readonly type: 'twin' };

/** Converts, and says what became of each run, sorted. */
async function outcomes(store: FileStoreBuilder, into: string, choices: ConversionChoices): Promise<string[]> {
  const { results } = await convertOnce(new FileStore(store.root), Repository.open(into), {}, choices);
  return results.map(({ report }) => [report.runId, report.outcome, report.code].join(' ').trim()).sort();
}

describe.each(IMPLEMENTATIONS)('a conversion by %s', (_, converter, numRuns) => {
  const done = { status: 3, startTime: NOW - 2000, endTime: NOW - 1000 };

  test('finds everything unchanged the second time, and what has changed the third', async () => {
    const [store, into] = [newStore(), temporaryDirectory()];
    for (const runId of ['a', 'b']) store.run('1', { ...done, runId, params: { lr: '1' } });
    expect(await outcomes(store, into, { converter })).toEqual(['a new', 'b new']);
    expect(await outcomes(store, into, { converter })).toEqual(['a unchanged', 'b unchanged']);
    store.run('1', { ...done, runId: 'b', params: { lr: '2' } });
    expect(await outcomes(store, into, { converter })).toEqual(['a unchanged', 'b updated']);
    store.remove();
  });

  test('takes the first of two runs of one id, and fails the other', async () => {
    const [store, into] = [newStore(), temporaryDirectory()];
    store.experiment({ id: '2', name: 'other' });
    for (const experiment of ['1', '2']) store.run(experiment, { ...done, runId: 'a', name: `of ${experiment}` });
    expect(await outcomes(store, into, { converter })).toEqual(['a failed duplicate-run-id', 'a new']);
    expect(essence(into).rows).toMatchObject([{ hash: 'a', name: 'of 1' }]);
    expect(await outcomes(store, into, { converter })).toEqual(['a failed duplicate-run-id', 'a unchanged']);
    store.remove();
  });

  test('keeps the second of two runs of one id, once the first is deleted', async () => {
    const [store, into] = [newStore(), temporaryDirectory()];
    store.experiment({ id: '2', name: 'other' });
    for (const experiment of ['1', '2']) store.run(experiment, { ...done, runId: 'a', name: `of ${experiment}` });
    await outcomes(store, into, { converter, deleted: 'remove' });
    store.run('1', { ...done, runId: 'a', lifecycleStage: 'deleted' });
    for (const outcome of ['updated', 'unchanged', 'unchanged']) {
      const became = await outcomes(store, into, { converter, deleted: 'remove' });
      expect(became).toEqual(['a skipped deleted', `a ${outcome}`]);
      expect(essence(into).rows).toMatchObject([{ hash: 'a', name: 'of 2', is_archived: 0 }]);
    }
    store.remove();
  });

  test('archives a run that MLflow deletes, and brings it back', async () => {
    const [store, into] = [newStore(), temporaryDirectory()];
    store.run('1', { ...done, runId: 'a' });
    const archived = () => essence(into).rows.map((row) => row.is_archived);
    await outcomes(store, into, { converter });
    store.run('1', { ...done, runId: 'a', lifecycleStage: 'deleted' });
    expect(await outcomes(store, into, { converter })).toEqual(['a skipped deleted']);
    expect(archived()).toEqual([1]);
    store.run('1', { ...done, runId: 'a' });
    expect(await outcomes(store, into, { converter })).toEqual(['a updated']);
    expect(archived()).toEqual([0]);
    store.remove();
  });

  test('tries again what could not be read, every time, and takes it as soon as it can', async () => {
    const [store, into] = [newStore(), temporaryDirectory()];
    const directory = store.run('1', { ...done, runId: 'a', artifacts: { 'a.txt': 'text' } });
    const file = join(directory, 'artifacts', 'a.txt');
    renameSync(file, `${directory}.elsewhere`);
    symlinkSync('b.txt', file);
    const convert = async () => {
      const { results } = await convertOnce(new FileStore(store.root), Repository.open(into), {}, { converter });
      return results.map(({ report }) => [report.outcome, report.incomplete?.map(({ item }) => item)]);
    };
    expect(await convert()).toEqual([['new', ['a.txt']]]);
    expect(await convert()).toEqual([['unchanged', ['a.txt']]]);
    renameSync(`${directory}.elsewhere`, join(directory, 'artifacts', 'b.txt'));
    expect(await convert()).toEqual([['updated', undefined]]);
    expect(await convert()).toEqual([['unchanged', undefined]]);
    store.remove();
  });

  test('leaves a run alone that is no run any more', async () => {
    const [store, into] = [newStore(), temporaryDirectory()];
    const directory = store.run('1', { ...done, runId: 'a' });
    store.run('1', { ...done, runId: 'b' });
    expect(await outcomes(store, into, { converter })).toEqual(['a new', 'b new']);
    const before = essence(into);
    appendFileSync(join(directory, 'meta.yaml'), '\n: : :\n');
    expect(await outcomes(store, into, { converter })).toEqual(['a skipped not-a-run', 'b unchanged']);
    expect(essence(into)).toEqual(before);
    store.remove();
  });

  test('ends, after any changes and any number of passes, as one conversion of the final state', async () => {
    const pass = fc.constant<Action>({ type: 'pass' });
    const twin = fc.constant<Action>({ type: 'twin' });
    const history = fc.array(
      fc.oneof<fc.WeightedArbitrary<Action>[]>(
        { weight: 8, arbitrary: change },
        { weight: 4, arbitrary: pass },
        { weight: 1, arbitrary: twin },
      ),
      { minLength: 2, maxLength: 30, size: 'max' },
    );
    const choices = { converter, deleted: 'remove' } as const;
    const play = async (actions: readonly Action[]) => {
      const [store, into, fresh] = [new ChangingStore(), temporaryDirectory(), temporaryDirectory()];
      try {
        for (const action of actions) {
          if (action.type === 'pass') await convertOnce(new FileStore(store.root), Repository.open(into), {}, choices);
          else if (action.type === 'twin') store.addTwin();
          else store.apply(action);
        }
        await convertOnce(new FileStore(store.root), Repository.open(into), {}, choices);
        await convertOnce(new FileStore(store.root), Repository.open(fresh), {}, choices);
        // an experiment stays when its last run is removed
        expect({ ...essence(into), experiments: [] }).toEqual({ ...essence(fresh), experiments: [] });
        expect(staleChecksums(into)).toEqual([]);
      } finally {
        store.remove();
      }
    };
    await fc.assert(fc.asyncProperty(history, play), { numRuns });
  });
});
