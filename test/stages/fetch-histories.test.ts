import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConvertError } from '../../src/errors.js';
import type { PointBatch, RunRef, StageContext } from '../../src/model.js';
import { fetchHistories } from '../../src/stages/fetch-histories.js';
import { collect } from '../contract/tracking-store.js';
import { batchOf } from '../support/points.js';

const REF: RunRef = { runId: 'r', experimentId: '1', locator: '' };

function context(signal: AbortSignal = new AbortController().signal): StageContext {
  return { signal, notice: () => {} };
}

/** Metrics of so many batches of one point each; counts what is asked of it. */
class Histories {
  /** Batches that were made. */
  pulled = 0;
  open = 0;

  constructor(private readonly batches: Readonly<Record<string, number>>) {}

  async metricKeys(): Promise<string[]> {
    return Object.keys(this.batches);
  }

  async *history(_: RunRef, key: string): AsyncGenerator<PointBatch> {
    this.open++;
    try {
      for (let i = 0; i < this.batches[key]!; i++) {
        this.pulled++;
        yield batchOf([{ step: BigInt(i), value: i, timestamp: i }]);
      }
    } finally {
      this.open--;
    }
  }
}

const flat = async (source: Histories) =>
  (await collect(fetchHistories(source, REF, context()))).map(({ target, batch }) => `${target.key} ${batch.steps[0]}`);

describe('histories', () => {
  test('come whole, one metric after the other', async () => {
    const all = await flat(new Histories({ loss: 3, acc: 2, none: 0 }));
    expect(all.filter((entry) => entry.startsWith('loss'))).toEqual(['loss 0', 'loss 1', 'loss 2']);
    expect(all.filter((entry) => entry.startsWith('acc'))).toEqual(['acc 0', 'acc 1']);
    const names = all.map((entry) => entry.split(' ')[0]);
    expect(names.filter((name, i) => name !== names[i - 1])).toHaveLength(2);
  });

  test('come in the order in which Aim stores their sequences, whatever they are called', async () => {
    const key = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.constantFrom(
        'aud',
        'auds',
        'system/cpu_utilization_percentage',
        'system/gpu_0_utilization_percentage',
        'ÿ',
        '',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 8 }), async (keys) => {
        const source = new Histories(Object.fromEntries(keys.map((one) => [one, 1])));
        const found = await collect(fetchHistories(source, REF, context()));
        const order = found.map(({ target }) => target.sequence.key);
        expect(order).toEqual([...order].sort());
        expect(new Set(order).size).toBe(Object.keys(Object.fromEntries(keys.map((one) => [one, 1]))).length);
      }),
      { numRuns: 50 },
    );
  });

  test('of a run without metrics are none', async () => {
    expect(await flat(new Histories({}))).toEqual([]);
  });
});

describe('backpressure', () => {
  test('a batch is read when it is asked for, and no further', async () => {
    const source = new Histories({ loss: 1000 });
    const histories = fetchHistories(source, REF, context());
    expect(source.pulled).toBe(0);
    for (let i = 1; i <= 5; i++) {
      await histories.next();
      // a consumer that holds still, however long
      for (let turn = 0; turn < 20; turn++) await new Promise((resume) => setImmediate(resume));
      expect(source.pulled).toBe(i);
    }
    await histories.return(undefined);
    expect([source.pulled, source.open]).toEqual([5, 0]);
  });

  test('one metric is open at a time', async () => {
    const source = new Histories({ a: 2, b: 2, c: 2 });
    for await (const _ of fetchHistories(source, REF, context())) expect(source.open).toBe(1);
    expect(source.open).toBe(0);
  });
});

describe('what ends them early', () => {
  test('an abort in mid-history, with its reason; what was open is closed', async () => {
    const controller = new AbortController();
    const source = new Histories({ loss: 1000 });
    const histories = fetchHistories(source, REF, context(controller.signal));
    await histories.next();
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(histories.next()).rejects.toBe(reason);
    expect(source.open).toBe(0);
    expect(source.pulled).toBeLessThanOrEqual(2);
  });

  test('an error of the source, unchanged', async () => {
    const source = new Histories({ loss: 3 });
    const failure = new ConvertError('skip-run', 'unexpected', 'The page never came.');
    const { history } = source;
    source.history = async function* (ref, key) {
      yield* history.call(source, ref, key);
      throw failure;
    };
    const histories = fetchHistories(source, REF, context());
    for (let i = 0; i < 3; i++) await histories.next();
    await expect(histories.next()).rejects.toBe(failure);
    expect(source.open).toBe(0);
  });
});
