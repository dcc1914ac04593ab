import { describe, expect, test } from '@jest/globals';
import { encodeFloat, encodeInt, encodePath, TYPE } from '../../src/aim/encoding.js';
import { pointsPath } from '../../src/aim/paths.js';
import { sequenceId } from '../../src/aim/sequence.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import type { PointBatch, Run } from '../../src/model.js';
import { exampleStore, id } from '../support/example-store.js';
import { converted, type Records, rewrite, verdicts, wrong } from './verifying.js';

const RUN = id('a');
const LOSS = pointsPath(RUN, sequenceId('loss', new Map()).contextId, 'loss');

/** A store that gives other points to the writer than it has. */
function points(change: (batch: PointBatch) => PointBatch): (store: TrackingStore) => TrackingStore {
  return (store) =>
    new Proxy(store, {
      get: (target, name) => {
        if (name !== 'history') return bound(target, name);
        return async function* (...given: Parameters<TrackingStore['history']>) {
          for await (const batch of target.history(...given)) yield change(batch);
        };
      },
    });
}

function header(change: (run: Run) => Run): (store: TrackingStore) => TrackingStore {
  return (store) =>
    new Proxy(store, {
      get: (target, name) =>
        name === 'run'
          ? async (...given: Parameters<TrackingStore['run']>) => change(await target.run(...given))
          : bound(target, name),
    });
}

function bound(target: TrackingStore, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name);
  return typeof member === 'function' ? member.bind(target) : member;
}

const withoutLast = ({ steps, values, timestamps }: PointBatch): PointBatch => ({
  steps: steps.slice(0, -1),
  values: values.slice(0, -1),
  timestamps: timestamps.slice(0, -1),
});

/** What a writer could do wrong, and what verification must call it. */
const MUTANTS: readonly (readonly [string, (store: TrackingStore) => TrackingStore, RegExp])[] = [
  [
    'steps off by one',
    points((batch) => ({ ...batch, steps: batch.steps.map((step) => step + 1n) })),
    /^point-missing loss 0: 0.0 → undefined$/,
  ],
  [
    'times in seconds where milliseconds are due',
    points((batch) => ({ ...batch, timestamps: batch.timestamps.map((time) => time * 1000) })),
    /^time-differs loss 0/,
  ],
  ['a dropped last point', points(withoutLast), /^point-missing loss 99/],
  [
    'values as 32-bit floats',
    points((batch) => ({ ...batch, values: Float64Array.from(Float32Array.from(batch.values)) })),
    /^value-differs loss 1: 0.8414709848078965 → 0.8414709568023682$/,
  ],
  [
    'the last bit of a value',
    points((batch) => ({ ...batch, values: batch.values.map((value, i) => (i === 7 ? nextUp(value) : value)) })),
    /^value-differs loss 7/,
  ],
  [
    '0 as −0',
    points((batch) => ({ ...batch, values: batch.values.map((value) => (value === 0 ? -0 : value)) })),
    /^value-differs loss 0: 0.0 → -0.0$/,
  ],
  [
    'a value as NaN',
    points((batch) => ({ ...batch, values: batch.values.map((value, i) => (i === 3 ? Number.NaN : value)) })),
    /^value-differs loss 3: .* → NaN$/,
  ],
  ['values in the place of times', points((batch) => ({ ...batch, timestamps: batch.values })), /^time-differs loss 0/],
  [
    'params as texts',
    header((run) => ({ ...run, params: new Map([...run.params].map(([key, text]) => [key, `'${text}'`])) })),
    /^attribute-differs {2}?params.lr|^attribute-differs params.lr: 0.01 → "0.01"$/,
  ],
  [
    'a param left out',
    header((run) => ({ ...run, params: new Map([...run.params].slice(1)) })),
    /^attribute-missing params/,
  ],
  ['another end time', header((run) => ({ ...run, endTime: (run.endTime ?? 0) + 1 })), /^end-time-differs/],
  [
    'another start time',
    header((run) => ({ ...run, startTime: (run.startTime ?? 0) + 1 })),
    /^property-differs run.created_at/,
  ],
  ['another status', header((run) => ({ ...run, status: 'KILLED' })), /^label-extra|^label-missing/],
];

test.each(MUTANTS)('a writer that makes this mistake is caught: %s', async (_, mutant, expected) => {
  const { root } = exampleStore();
  const repository = await converted(root, mutant);
  const runs = await verdicts(root, repository);
  expect(runs.get(RUN)?.verdict).toBe('differs');
  expect(wrong(runs.values())).toContainEqual(expect.stringMatching(expected));
});

/** Changes the values of one column of the metric `loss`. */
function column(name: string, change: (value: Buffer) => Buffer): (records: Records) => void {
  return (records) => {
    const path = LOSS + encodePath(name);
    for (const [key, value] of records) if (key.startsWith(path) && key !== path) records.set(key, change(value));
  };
}

/** What a writer of records could do wrong. */
const RECORDS: readonly (readonly [string, (records: Records) => unknown, RegExp])[] = [
  [
    'an int for a float',
    column('val', (value) => encodeInt(BigInt(Math.round(value.readDoubleLE(1))))),
    /^type-differs loss/,
  ],
  [
    'times in milliseconds',
    column('time', (value) => encodeFloat(value.readDoubleLE(1) * 1000)),
    /^time-differs loss 0/,
  ],
  [
    'two columns swapped',
    (records) => {
      const [value, time] = [LOSS + encodePath('val'), LOSS + encodePath('time')];
      const swapped = new Map(records);
      for (const [key, bytes] of records) {
        if (key.startsWith(value)) swapped.set(time + key.slice(value.length), bytes);
        if (key.startsWith(time)) swapped.set(value + key.slice(time.length), bytes);
      }
      return swapped;
    },
    /^value-differs loss 0/,
  ],
  [
    'a wrong hash of a step',
    (records) => {
      const changed = new Map(records);
      const first = [...records.keys()].find(
        (key) => key.startsWith(LOSS + encodePath('step')) && key.length > (LOSS + encodePath('step')).length,
      )!;
      const end = first.slice((LOSS + encodePath('step')).length);
      const wrongEnd = `${end.slice(0, 5)}${String.fromCharCode(end.charCodeAt(5) ^ 1)}${end.slice(6)}`;
      for (const name of ['epoch', 'step', 'time', 'val']) {
        const path = LOSS + encodePath(name);
        changed.delete(path + end);
        changed.set(path + wrongEnd, records.get(path + end)!);
      }
      return changed;
    },
    /^step-hash/,
  ],
  [
    'an image of other bytes',
    (records) => {
      for (const [key, value] of records)
        if (key.startsWith('BLOBS') && value[0] === TYPE.bytes)
          records.set(key, Buffer.concat([value.subarray(0, -1), Buffer.from([1])]));
    },
    /^object-differs plots 0 plots\/a.png/,
  ],
];

describe('of what ships', () => {
  test.each(RECORDS)('a writer of records that makes this mistake is caught: %s', async (_, mutant, expected) => {
    const { root } = exampleStore();
    const repository = await converted(root);
    rewrite(repository.seqs(RUN), mutant);
    const runs = await verdicts(root, repository);
    expect(runs.get(RUN)?.verdict).toBe('differs');
    expect(wrong(runs.values())).toContainEqual(expect.stringMatching(expected));
  });
});

function nextUp(value: number): number {
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0]! += 1n;
  return new Float64Array(bits.buffer)[0]!;
}
