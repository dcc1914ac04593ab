import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { convert } from '../../src/library/convert.js';
import type { ArtifactRecord, Experiment } from '../../src/model.js';
import type { CustomStages } from '../../src/stages/custom-stages.js';
import type { HistoryBatch } from '../../src/stages/fetch-histories.js';
import type { ConversionSummary } from '../../src/summary/summary.js';
import { readPoints } from '../support/aim-records.js';
import { memoryRun } from '../support/memory-run.js';
import { MemoryStore } from '../support/memory-store.js';
import { batchOf } from '../support/points.js';
import { essence } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const EXPERIMENT: Experiment = { id: '1', name: 'mnist', lifecycleStage: 'active', tags: new Map() };

let store: MemoryStore;
let repo: string;
beforeEach(() => {
  store = new MemoryStore(EXPERIMENT, [memoryRun('a', { acc: [5, 6], loss: [0, 1, 2, 3, 4] })]);
  repo = temporaryDirectory();
});

const run = (stages?: CustomStages): Promise<ConversionSummary> => convert({ openStore: () => store, repo, stages });

function values(metric: string): number[] {
  const { seqs } = { seqs: Repository.find(repo).seqs('a') };
  return readPoints(seqs, 'a', sequenceId(metric, new Map())).map(({ value }) => value);
}

/** Lets through what a condition holds for. */
function only(isKept: (value: number) => boolean, version = `only ${isKept}`): CustomStages {
  return {
    version,
    async *histories(batches) {
      for await (const { target, batch } of batches) {
        const kept = (_: unknown, i: number) => isKept(batch.values[i]!);
        const steps = batch.steps.filter(kept);
        const timestamps = batch.timestamps.filter(kept);
        yield { target, batch: { steps, values: batch.values.filter(kept), timestamps } };
      }
    },
  };
}

describe('a stage of a program', () => {
  test('decides what is written of the points, and what is counted', async () => {
    expect(await run(only((value) => value % 2 === 0))).toMatchObject({ complete: true, metrics: 2, points: 4 });
    expect([values('acc'), values('loss')]).toEqual([[6], [0, 2, 4]]);
  });

  test('may leave nothing of a metric', async () => {
    expect(await run(only((value) => value < 5))).toMatchObject({ metrics: 1, points: 5 });
  });

  test('is among what decides about a run: another version writes it again, and so does none', async () => {
    await run(only((value) => value > 1, 'one'));
    expect(await run(only((value) => value > 2, 'one'))).toMatchObject({ runs: { unchanged: 1 } });
    expect(values('loss')).toEqual([2, 3, 4]);
    expect(await run(only((value) => value > 2, 'two'))).toMatchObject({ runs: { updated: 1 } });
    expect(values('loss')).toEqual([3, 4]);
    expect(await run()).toMatchObject({ runs: { updated: 1 } });
    expect(values('loss')).toEqual([0, 1, 2, 3, 4]);
  });

  test('sees an active run whole each time, since it may need what came before', async () => {
    const everyOther: CustomStages = {
      version: 'every other',
      async *histories(batches) {
        let seen = 0;
        for await (const { target, batch } of batches) {
          const first = seen;
          seen += batch.steps.length;
          const kept = (_: unknown, i: number) => (first + i) % 2 === 0;
          const [steps, timestamps] = [batch.steps.filter(kept), batch.timestamps.filter(kept)];
          yield { target, batch: { steps, values: batch.values.filter(kept), timestamps } };
        }
      },
    };
    const active = { status: 'RUNNING', startTime: Date.now() } as const;
    store.put(memoryRun('a', { loss: [0, 1, 2] }, active));
    await run(everyOther);
    store.put(memoryRun('a', { loss: [0, 1, 2, 3, 4] }, { ...active, revision: '2' }));
    expect(await run(everyOther)).toMatchObject({ runs: { updated: 1 } });
    expect(values('loss')).toEqual([0, 2, 4]);
  });

  test('gets the run, its experiment, and a signal', async () => {
    const seen: unknown[] = [];
    await run({
      version: 'looks',
      async *histories(batches, { experiment, ref, run }, { signal }) {
        seen.push(experiment.name, ref.runId, run.status, signal.aborted);
        yield* batches;
      },
    });
    expect(seen).toEqual(['mnist', 'a', 'FINISHED', false]);
  });

  test('decides about artifacts, too', async () => {
    store.put({ ...memoryRun('a', {}), artifacts: { 'keep.txt': Buffer.from('1'), 'drop.txt': Buffer.from('2') } });
    const isDropped = (record: ArtifactRecord) =>
      record.type === 'artifact' && record.place.file.path.startsWith('drop');
    const stages: CustomStages = {
      version: 'drops',
      async *artifacts(records) {
        for await (const record of records) if (!isDropped(record)) yield record;
      },
    };
    expect(await run(stages)).toMatchObject({ artifacts: { text: 1 } });
  });
});

test('a stage that changes nothing leaves a conversion as it is, artifacts included', async () => {
  const trackingUri = fileURLToPath(new URL('../../examples/mlruns', import.meta.url));
  const [plain, staged] = [temporaryDirectory(), temporaryDirectory()];
  const stages: CustomStages = {
    version: 'as it is',
    async *histories(batches) {
      yield* batches;
    },
    async *artifacts(records) {
      yield* records;
    },
  };
  const without = await convert({ trackingUri, repo: plain, inProcess: true });
  const through = await convert({ trackingUri, repo: staged, stages });
  expect(through).toMatchObject({ runs: without.runs, points: without.points, artifacts: without.artifacts });
  expect(essence(staged)).toEqual(essence(plain));
});

test('an abort ends a stage that waits, and closes what it reads', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  let isOpen = false;
  store.history = async function* () {
    isOpen = true;
    try {
      for (;;) yield batchOf([{ step: 0n, value: 1, timestamp: 1 }]);
    } finally {
      isOpen = false;
    }
  };
  const stages: CustomStages = {
    version: 'waits',
    async *histories(batches, _, { signal }) {
      for await (const item of batches) {
        yield item;
        queueMicrotask(() => stop.abort(reason));
        await once(signal, 'abort');
        signal.throwIfAborted();
      }
    },
  };
  await expect(convert({ openStore: () => store, repo, stages, signal: stop.signal })).rejects.toBe(reason);
  expect(isOpen).toBe(false);
});

test('a stage is asked for a batch only when the one before has been written', async () => {
  let taken = 0;
  let given = 0;
  store.history = async function* () {
    for (let i = 0; i < 1000; i++) {
      expect(taken - given).toBeLessThanOrEqual(1);
      taken++;
      yield batchOf([{ step: BigInt(i), value: i, timestamp: i }]);
    }
  };
  store.metricKeys = async () => ['loss'];
  const stages: CustomStages = {
    version: 'counts',
    async *histories(batches) {
      for await (const item of batches) {
        yield item;
        given++;
      }
    },
  };
  expect(await run(stages)).toMatchObject({ complete: true, points: 1000 });
});

describe('a stage that breaks the rules fails its run', () => {
  const changing = (change: (item: HistoryBatch) => HistoryBatch): CustomStages => ({
    version: 'breaks',
    async *histories(batches) {
      for await (const item of batches) yield change(item);
    },
  });

  test.each<[string, CustomStages, string, string]>([
    [
      'by arrays of different lengths',
      changing(({ target, batch }) => ({ target, batch: { ...batch, values: batch.values.slice(1) } })),
      'invalid-argument',
      'The stage "breaks" made a batch of 2 steps, 1 values and 2 timestamps of the metric acc.',
    ],
    [
      'by metrics in another order',
      {
        version: 'turns',
        async *histories(batches) {
          const all: HistoryBatch[] = [];
          for await (const item of batches) all.unshift(item);
          yield* all;
        },
      },
      'invalid-argument',
      'The stage "turns" changed the order of the metrics: acc came too late.',
    ],
    [
      'by an error of its own',
      changing(() => {
        throw new Error('I am lost.');
      }),
      'unexpected',
      'I am lost. (run a)',
    ],
  ])('%s', async (_, stages, code, reason) => {
    expect(await run(stages)).toMatchObject({ complete: false, failedRuns: [{ runId: 'a', code, reason }] });
    expect(Repository.find(repo).path).toContain(repo);
  });
});
