import { existsSync, readdirSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { arrangePlaces } from '../../src/aim/objects-writer.js';
import { Repository } from '../../src/aim/repository.js';
import { stagedFiles } from '../../src/aim/run-files.js';
import { type RunEnd, RunWriter } from '../../src/aim/run-writer.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { StepOrders } from '../../src/aim/step-order.js';
import { ConvertError } from '../../src/errors.js';
import type { ArtifactRecord, PointBatch, StageContext } from '../../src/model.js';
import { fetchHistories, type HistoryBatch } from '../../src/stages/fetch-histories.js';
import { writeBatches } from '../../src/stages/write-batches.js';
import { readPoints } from '../support/aim-records.js';
import { garbageCollector } from '../support/memory.js';
import { batchOf } from '../support/points.js';
import { temporaryDirectory } from '../support/temporary.js';

const LOSS = { key: 'loss', sequence: sequenceId('loss', new Map()) };
const END: RunEnd = { attributes: new Map(), endTime: 1, messages: [], messageTime: 1 };

let repository: Repository;
beforeEach(() => {
  repository = Repository.open(temporaryDirectory());
});

const files = () => stagedFiles(repository, 'a');
const staged = () => (existsSync(repository.staging) ? readdirSync(repository.staging) : []);

function context(signal: AbortSignal = new AbortController().signal): StageContext {
  return { signal, notice: () => {} };
}

function writer(): RunWriter {
  return new RunWriter({ hash: 'a', files: files(), fileNumber: 1 }, 'auto', new StepOrders(), { onNotice: () => {} });
}

interface Input {
  readonly histories?: AsyncIterable<HistoryBatch>;
  readonly artifacts?: AsyncIterable<ArtifactRecord>;
  readonly artifactTime?: () => number;
  readonly end?: () => RunEnd;
  readonly progress?: (points: number, bytes: number) => void;
  readonly signal?: AbortSignal;
}

function write(input: Input): Promise<number> {
  const {
    histories = nothing(),
    artifacts = nothing(),
    artifactTime = () => 1,
    end = () => END,
    progress = () => {},
  } = input;
  return writeBatches(writer(), { histories, artifacts, artifactTime, end }, context(input.signal), progress);
}

async function* nothing(): AsyncGenerator<never> {}

/** `count` batches of two points each; `pulled` hears of each. */
async function* batches(count: number, pulled: (i: number) => void = () => {}): AsyncGenerator<HistoryBatch> {
  for (let i = 0; i < count; i++) {
    pulled(i);
    const points = [0, 1].map((n) => ({ step: BigInt(2 * i + n), value: i, timestamp: 1000 * i }));
    yield { target: LOSS, batch: batchOf(points) };
  }
}

async function* texts(count: number, pulled: (i: number) => void = () => {}): AsyncGenerator<ArtifactRecord> {
  const places = Array.from({ length: count }, (_, i) => {
    const file = { path: `text ${i}.txt`, uri: `file:///text ${i}.txt` };
    return { role: 'text' as const, sequence: file.path, step: 0n, grouped: false, file };
  });
  for (const [i, place] of arrangePlaces(places).entries()) {
    pulled(i);
    yield { type: 'artifact', place, bytes: Buffer.from('12345') };
  }
  yield { type: 'link', path: 'model.pkl', uri: 'file:///model.pkl' };
}

describe('a run', () => {
  test('is written whole, and what that took is told', async () => {
    const told: [number, number][] = [];
    const bytes = await write({
      histories: batches(3),
      artifacts: texts(2),
      progress: (points, artifactBytes) => told.push([points, artifactBytes]),
    });
    expect(bytes).toBeGreaterThan(1000);
    expect(readPoints(files().seqs, 'a', LOSS.sequence)).toHaveLength(6);
    expect(told).toEqual([
      [2, 0],
      [2, 0],
      [2, 0],
      [0, 5],
      [0, 5],
    ]);
  });

  test('asks for the time of its artifacts once, after the last point, and for its end after all artifacts', async () => {
    const order: string[] = [];
    const note = (what: string) => order.at(-1) !== what && order.push(what);
    await write({
      histories: batches(2, () => note('points')),
      artifacts: texts(2, () => note('artifacts')),
      artifactTime: () => {
        note('time of artifacts');
        return 1;
      },
      end: () => {
        note('end');
        return END;
      },
    });
    expect(order).toEqual(['points', 'time of artifacts', 'artifacts', 'end']);
  });

  test('may hold nothing at all', async () => {
    await write({});
    expect(staged().sort()).toEqual(['a.meta', 'a.seqs']);
  });
});

describe('what fails', () => {
  const failure = new ConvertError('skip-run', 'unexpected', 'The page never came.');

  /** Gives what `items` gives, then fails. */
  async function* failing<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    yield* items;
    throw failure;
  }

  test.each<[string, () => Input]>([
    ['in mid-history', () => ({ histories: failing(batches(3)) })],
    ['in the middle of a history that is on disk already', () => ({ histories: failing(long(300_000)) })],
    ['among the artifacts', () => ({ histories: batches(3), artifacts: failing(texts(2)) })],
    [
      'at the end',
      () => ({
        histories: batches(3),
        artifacts: texts(2),
        end: () => {
          throw failure;
        },
      }),
    ],
  ])('%s leaves nothing, and is passed on as it is', async (_, input) => {
    await expect(write(input())).rejects.toBe(failure);
    expect(staged()).toEqual([]);
  });

  test('the artifacts are not begun when the points fail', async () => {
    let begun = false;
    const artifacts = texts(1, () => {
      begun = true;
    });
    await expect(write({ histories: failing(batches(1)), artifacts })).rejects.toBe(failure);
    expect(begun).toBe(false);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  test.each<[string, (abortAt: (i: number) => void) => Input]>([
    ['in mid-history', (abortAt) => ({ histories: batches(1000, abortAt) })],
    ['in mid-artifact', (abortAt) => ({ histories: batches(2), artifacts: texts(1000, abortAt) })],
  ])('%s rejects with its reason at once, and nothing is left', async (_, input) => {
    const controller = new AbortController();
    let pulled = 0;
    const abortAt = (i: number) => {
      pulled = i;
      if (i === 5) controller.abort(reason);
    };
    await expect(write({ ...input(abortAt), signal: controller.signal })).rejects.toBe(reason);
    expect(pulled).toBe(5);
    expect(staged()).toEqual([]);
  });
});

/** Points in batches as a source makes them. */
async function* long(points: number): AsyncGenerator<HistoryBatch> {
  for await (const batch of longBatches(points)) yield { target: LOSS, batch };
}

async function* longBatches(points: number): AsyncGenerator<PointBatch> {
  const size = 8192;
  for (let from = 0; from < points; from += size) {
    const count = Math.min(size, points - from);
    const steps = new BigInt64Array(count);
    const words = new Int32Array(steps.buffer);
    for (let i = 0; i < count; i++) words[i * 2] = from + i;
    yield { steps, values: new Float64Array(count).fill(from), timestamps: new Float64Array(count).fill(from) };
  }
}

test('three million points take no more memory than two', async () => {
  const million = 1_000_000;
  const collectGarbage = garbageCollector();
  const measured: { points: number; megabytes: number }[] = [];
  const store = {
    metricKeys: async () => ['loss'],
    history: async function* () {
      let points = 0;
      for await (const batch of longBatches(3 * million)) {
        points += batch.steps.length;
        // rarely, and always with the same part of a chunk in memory
        if (points % 2 ** 18 < batch.steps.length) {
          collectGarbage();
          collectGarbage(); // what the first has found may still be about to be freed
          measured.push({ points, megabytes: process.memoryUsage().arrayBuffers / 1e6 });
        }
        yield batch;
      }
    },
  };
  const ref = { runId: 'r', experimentId: '1', locator: '' };
  await write({ histories: fetchHistories(store, ref, context()) });
  // the least of several, since what is not in use may not have been freed yet
  const least = (from: number, to: number) =>
    Math.min(...measured.filter(({ points }) => from < points && points < to).map(({ megabytes }) => megabytes));
  // a million points more would be 24 MB
  expect(least(2 * million, 3 * million) - least(million, 2 * million)).toBeLessThan(12);
});
