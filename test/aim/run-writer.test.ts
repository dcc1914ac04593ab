import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashValue } from '../../src/aim/hash.js';
import { type RunBuild, RunWriter } from '../../src/aim/run-writer.js';
import { type SequenceId, sequenceId } from '../../src/aim/sequence.js';
import { StepOrders } from '../../src/aim/step-order.js';
import type { Notice } from '../../src/model.js';
import type { RepeatedSteps } from '../../src/policies.js';
import { readPoints, type StoredPoint } from '../support/aim-records.js';
import { batchOf, type Point, point } from '../support/points.js';
import { temporaryDirectory } from '../support/temporary.js';

const HASH = 'abc123';
const END = { attributes: new Map(), endTime: 1, messages: [], messageTime: 1 };
const orders = new StepOrders();

interface Written {
  readonly seqs: string;
  readonly notices: Notice[];
  readonly counts: ReturnType<RunWriter['counts']>;
}

/** Writes metrics, each in batches, into a new directory. */
function write(
  metrics: ReadonlyMap<SequenceId, readonly (readonly Point[])[]>,
  policy: RepeatedSteps,
  limits: Pick<RunBuild, 'pointsInMemory'> = {},
): Written {
  const directory = temporaryDirectory();
  const files = { meta: join(directory, 'meta'), seqs: join(directory, 'seqs') };
  const notices: Notice[] = [];
  const writer = new RunWriter({ hash: HASH, files, fileNumber: 1, ...limits }, policy, orders, {
    onNotice: (notice) => notices.push(notice),
  });
  for (const sequence of [...metrics.keys()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    for (const batch of metrics.get(sequence)!) writer.points({ key: sequence.name, sequence }, batchOf(batch));
  }
  writer.endMetrics();
  writer.finish(END);
  return { seqs: files.seqs, notices, counts: writer.counts() };
}

function stored(points: readonly Point[]): StoredPoint[] {
  return points
    .map(({ step, value, timestamp }) => ({ step, value, time: timestamp / 1000 }))
    .sort((a, b) => (a.step < b.step ? -1 : 1));
}

/** The last arrival at each step; steps that Aim cannot tell apart count as one. */
function lastArrivals(points: readonly Point[]): Point[] {
  return [...new Map(points.map((p) => [hashValue(p.step), p])).values()];
}

function numbered(points: readonly Point[]): Point[] {
  return points.map((p, i) => ({ ...p, step: BigInt(i) }));
}

function expected(points: readonly Point[], policy: RepeatedSteps): Point[] {
  const lone = points.length > 1 && points.every(({ step }) => step === points[0]!.step);
  return policy === 'index' || (policy === 'auto' && lone) ? numbered(points) : lastArrivals(points);
}

const name = fc.oneof(fc.constantFrom('loss', 'val/loss', 'größe', 'loss '), fc.string({ minLength: 1, maxLength: 8 }));

describe('metrics written into a run', () => {
  test.each<RepeatedSteps>(['auto', 'last', 'index'])('are read back as --repeated-steps %s says', (policy) => {
    const metrics = fc.dictionary(
      name,
      fc.array(fc.array(point, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 3 }),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(metrics, (byName) => {
        const bySequence = new Map(Object.entries(byName).map(([n, batches]) => [sequenceId(n, new Map()), batches]));
        const { seqs, counts } = write(bySequence, policy);
        let collapsed = 0;
        for (const [sequence, batches] of bySequence) {
          const kept = expected(batches.flat(), policy);
          collapsed += batches.flat().length - kept.length;
          expect(readPoints(seqs, HASH, sequence)).toEqual(stored(kept));
        }
        expect(counts).toMatchObject({ metrics: bySequence.size, pointsCollapsed: collapsed });
      }),
      { numRuns: 40 },
    );
  });

  test('keep every repetition of a step under --repeated-steps split', () => {
    const few = fc.array(
      fc.record({ step: fc.bigInt({ min: 0n, max: 3n }), value: fc.double(), timestamp: fc.nat() }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(few, few, (a, b) => {
        const metrics = new Map([a, b].map((points, i) => [sequenceId(`m${i}`, new Map()), [points]]));
        const { seqs, counts } = write(metrics, 'split');
        for (const [{ name }, [points]] of metrics) {
          const seen = new Map<bigint, number>();
          const layers: Point[][] = [];
          for (const p of points!) {
            const repeat = seen.get(p.step) ?? 0;
            seen.set(p.step, repeat + 1);
            layers[repeat] ??= [];
            layers[repeat].push(p);
          }
          for (const [repeat, layer] of layers.entries()) {
            const context = repeat === 0 ? new Map() : new Map([['repeat', BigInt(repeat)]]);
            expect(readPoints(seqs, HASH, sequenceId(name, context))).toEqual(stored(layer));
          }
        }
        expect(counts.points).toBe(a.length + b.length);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a metric too long for memory', () => {
  /** As many as make some points of each of the 256 parts in which such a metric is read back, in four chunks. */
  const COUNT = 10_000;
  const BATCH = 100;
  const limits = { pointsInMemory: 3000 };

  function long(stepOf: (i: number) => bigint): Point[] {
    return Array.from({ length: COUNT }, (_, i) => ({ step: stepOf(i), value: i * 0.5, timestamp: i }));
  }

  function inBatches(points: readonly Point[]): Point[][] {
    return Array.from({ length: Math.ceil(points.length / BATCH) }, (_, i) => points.slice(i * BATCH, (i + 1) * BATCH));
  }

  test.each<[string, RepeatedSteps, (i: number) => bigint]>([
    ['of ascending steps', 'auto', (i) => BigInt(i)],
    ['that repeats its steps in another chunk', 'auto', (i) => BigInt(i % 9000)],
    ['that lies on one step', 'auto', () => 7n],
    ['that leaves its one step late', 'auto', (i) => (i < 9500 ? 7n : BigInt(i))],
    ['that lies on one step but for the last point', 'auto', (i) => (i < COUNT - 1 ? 7n : 8n)],
    ['on one step, the last to win', 'last', () => 7n],
    ['to be numbered', 'index', (i) => BigInt(i % 10)],
  ])('%s (%s) is written as if it were short', (_name, policy, stepOf) => {
    const points = long(stepOf);
    const sequence = sequenceId('long', new Map());
    const { seqs, counts, notices } = write(new Map([[sequence, inBatches(points)]]), policy, limits);
    const kept = stored(expected(points, policy));
    const found = readPoints(seqs, HASH, sequence);
    expect(found.length).toBe(kept.length);
    expect(
      found.findIndex((p, i) => p.step !== kept[i]!.step || p.value !== kept[i]!.value || p.time !== kept[i]!.time),
    ).toBe(-1);
    expect(counts).toMatchObject({ points: kept.length, pointsCollapsed: COUNT - kept.length });
    expect(notices.some(({ kind }) => kind === 'points-collapsed')).toBe(kept.length < COUNT);
    expect(readdirSync(seqs)).not.toContain('spill');
  });

  test('is refused, with what to do, when its repetitions are to be split', () => {
    const metrics = new Map([[sequenceId('long', new Map()), inBatches(long(() => 0n))]]);
    expect(() => write(metrics, 'split', limits)).toThrow(
      'more than 3,000 points, too many for --repeated-steps split',
    );
  });
});

test('a run that is abandoned leaves nothing behind', () => {
  const directory = temporaryDirectory();
  const files = { meta: join(directory, 'meta'), seqs: join(directory, 'seqs') };
  const writer = new RunWriter({ hash: HASH, files, fileNumber: 1 }, 'auto', orders, { onNotice: () => {} });
  writer.points(
    { key: 'loss', sequence: sequenceId('loss', new Map()) },
    batchOf([{ step: 1n, value: 1, timestamp: 1 }]),
  );
  writer.abandon();
  expect(existsSync(files.meta) || existsSync(files.seqs)).toBe(false);
});
