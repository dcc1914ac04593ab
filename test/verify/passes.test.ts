import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashSteps } from '../../src/aim/step-hash.js';
import type { PointBatch, StageContext } from '../../src/model.js';
import type { RepeatedSteps } from '../../src/policies.js';
import { comparePoints } from '../../src/verify/compare/compare-points.js';
import type { MetricBatch, MetricSequence } from '../../src/verify/contents.js';
import { MetricHistory } from '../../src/verify/expected/metric-history.js';

interface Point {
  readonly step: bigint;
  readonly value: number;
  readonly time: number;
}

const START = 1_700_000_000_000;
const context: StageContext = { signal: new AbortController().signal, notice: () => {} };

/** A history that comes in batches of seven points. */
function source(points: readonly Point[], policy: RepeatedSteps, pointsAtOnce: number) {
  async function* history(): AsyncGenerator<PointBatch> {
    for (let at = 0; at < points.length; at += 7) {
      const some = points.slice(at, at + 7);
      yield {
        steps: BigInt64Array.from(some, ({ step }) => step),
        values: Float64Array.from(some, ({ value }) => value),
        timestamps: Float64Array.from(some, ({ time }) => time),
      };
    }
  }
  const ref = { runId: 'run', experimentId: '1', locator: '' };
  return { store: { history }, ref, startTime: START, policy, pointsAtOnce };
}

/** What Aim has to hold, found by its own hashes: the last to arrive at each place. */
function held(points: readonly Point[], policy: RepeatedSteps): Point[] {
  const isOnOneStep = points.length > 1 && points.every(({ step }) => step === points[0]!.step);
  const isToNumber = policy === 'index' || (policy === 'auto' && isOnOneStep);
  const numbered = isToNumber ? points.map((point, i) => ({ ...point, step: BigInt(i) })) : points;
  const ids = new BigUint64Array(numbered.length);
  hashSteps(
    BigInt64Array.from(numbered, ({ step }) => step),
    ids,
  );
  return [...new Map(numbered.map((point, i) => [ids[i]!, point])).values()];
}

function sequenceOf(points: readonly Point[]): Pick<MetricSequence, 'points'> {
  return {
    *points(): Generator<MetricBatch> {
      const values = Float64Array.from(points, ({ value }) => value);
      yield {
        length: points.length,
        steps: BigInt64Array.from(points, ({ step }) => step),
        values,
        valueBits: new BigUint64Array(values.buffer),
        valueIsInt: new Uint8Array(points.length),
        times: Float64Array.from(points, ({ time }) => time / 1000),
        epochs: new Float64Array(points.length).fill(Number.NaN),
      };
    },
  };
}

const LOSS = { key: 'loss', name: { name: 'loss', context: new Map() } };

/** The differences that are found, as `code step`. */
async function differences(points: readonly Point[], found: readonly Point[], policy: RepeatedSteps, atOnce: number) {
  const history = await MetricHistory.read(LOSS, source(points, policy, atOnce), context);
  const told: string[] = [];
  for (let pass = 0; pass < history.passes; pass++) {
    for (const expected of await history.sequences(pass)) {
      comparePoints({ history, pass }, expected, sequenceOf(found) as MetricSequence, (code, { step }) =>
        told.push(`${code} ${step}`),
      );
    }
  }
  return { told, passes: history.passes };
}

const step = fc.oneof(
  fc.bigInt({ min: -20n, max: 20n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  // what Aim's hashes of numbers cannot tell apart
  fc.constantFrom(1n, 2n ** 61n - 1n, 2n ** 61n, 2n ** 53n, 2n ** 53n + 1n, 0n, -1n, -(2n ** 61n)),
);
const point = fc.record({ step, value: fc.double(), time: fc.nat(1e9).map((more) => START + more) });
const policy = fc.constantFrom<RepeatedSteps>('auto', 'last', 'index');

test('however many passes a history takes, what Aim has to hold is found as it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(point, { minLength: 1, maxLength: 60 }),
      policy,
      fc.integer({ min: 2, max: 80 }),
      async (points, how, atOnce) => {
        const { told, passes } = await differences(points, held(points, how), how, atOnce);
        expect(told).toEqual([]);
        expect(passes > 1).toBe(points.length > atOnce);
      },
    ),
    { numRuns: 300 },
  );
});

test('a point that is missing, changed or extra is told once, in whichever pass', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.bigInt({ min: -1000n, max: 1000n }), { minLength: 2, maxLength: 40 }),
      fc.nat(),
      fc.integer({ min: 2, max: 50 }),
      async (steps, at, atOnce) => {
        const points = steps.map((each, i) => ({ step: each, value: i, time: START + i }));
        const one = points[at % points.length]!;
        const others = points.filter((each) => each !== one);
        const look = async (found: readonly Point[]) => (await differences(points, found, 'last', atOnce)).told;
        expect(await look(others)).toEqual([`point-missing ${one.step}`]);
        expect(await look([...others, { ...one, value: one.value + 0.5 }])).toEqual([`value-differs ${one.step}`]);
        expect(await look([...others, { ...one, time: one.time + 1 }])).toEqual([`time-differs ${one.step}`]);
        expect(await look([...points, { ...one, step: 5000n }])).toEqual(['point-extra 5000']);
      },
    ),
    { numRuns: 100 },
  );
});
