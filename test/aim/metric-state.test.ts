import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendToMetric, type MetricState } from '../../src/aim/metric-state.js';
import { StepOrders } from '../../src/aim/step-order.js';
import type { RepeatedSteps } from '../../src/policies.js';
import { type AppendState, decodeAppendState, encodeAppendState } from '../../src/run/append/append-state.js';
import { batchOf, type Point, point } from '../support/points.js';

const orders = new StepOrders();

/** Appends points piece by piece; undefined as soon as the metric would have to be read whole. */
function piecewise(pieces: readonly (readonly Point[])[], policy: RepeatedSteps) {
  let state: MetricState | undefined;
  const stored = new Map<bigint, number>();
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    const appended = appendToMetric(state, batchOf(piece), policy, orders);
    if (appended === undefined) return undefined;
    const { points, order } = appended.ordered;
    for (const at of order.order) stored.set(points.steps[at]!, points.values[at]!);
    state = appended.state;
  }
  return { state, stored };
}

const policies: readonly RepeatedSteps[] = ['auto', 'last', 'split', 'index'];
/** Mostly as training logs: steps that count up, repeat, or are all the same. */
const kinds = fc.constantFrom<(step: bigint, i: number) => bigint>(
  (_, i) => BigInt(i),
  (_, i) => BigInt(i >> 1),
  () => 0n,
  () => 5n,
  (step) => step,
);
const points = fc
  .tuple(fc.array(point, { minLength: 1, maxLength: 12 }), kinds)
  .map(([list, kind]) => list.map((each, i) => ({ ...each, step: kind(each.step, i) })));

describe('points appended to a metric', () => {
  test.each(policies)('give the same as the whole metric, or need it (%s)', (policy) => {
    let tried = 0;
    fc.assert(
      fc.property(points, fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), (all, cuts) => {
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
        const pieces = bounds.slice(1).map((end, i) => all.slice(bounds[i], end));
        const whole = piecewise([all], policy);
        const appended = piecewise(pieces, policy);
        if (appended === undefined || whole === undefined) return;
        if (pieces.filter(({ length }) => length > 0).length > 1) tried++;
        expect(appended).toEqual(whole);
      }),
      { numRuns: 500 },
    );
    expect(tried).toBeGreaterThan(20);
  });

  const at = (...steps: number[]) => steps.map((step) => ({ step: BigInt(step), value: step, timestamp: 0 }));

  test.each<[string, RepeatedSteps, Point[][]]>([
    ['a step below the highest', 'auto', [at(0, 1, 2), at(1)]],
    ['the second step of a metric that was numbered', 'auto', [at(0, 0), at(1)]],
    ['company for a point that was alone on a step', 'auto', [at(7), at(7)]],
    ['a repetition that goes to a sequence of its own', 'split', [at(0, 1), at(1)]],
  ])('need the whole metric for %s', (_, policy, pieces) => {
    expect(piecewise(pieces, policy)).toBeUndefined();
  });

  test.each<[string, RepeatedSteps, Point[][]]>([
    ['steps that count up', 'auto', [at(0), at(1), at(2, 9)]],
    ['repetitions of the highest step', 'last', [at(0, 1), at(1, 1), at(1, 2)]],
    ['no steps at all', 'auto', [at(0, 0), at(0), at(0, 0)]],
    ['any steps that are numbered anyway', 'index', [at(5, 1), at(3), at(9, 0)]],
  ])('need only its state for %s', (_, policy, pieces) => {
    expect(piecewise(pieces, policy)).toEqual(piecewise([pieces.flat()], policy));
  });
});

test('the append state of a run survives encoding, and damage is noticed', () => {
  fc.assert(
    fc.property(points, fc.constantFrom(...policies), (all, policy) => {
      const state = piecewise([all], policy)?.state;
      const appendState: AppendState = {
        databases: { meta: 'm', seqs: 's' },
        artifacts: { revision: 'a', files: [{ path: 'ü.png', size: 2 ** 40, version: '7' }, { path: 'a' }] },
        metrics: new Map([
          ['loss', { cursor: '[1,"2"]', ...(state !== undefined && { state }) }],
          ['empty', { cursor: '' }],
        ]),
        notices: [{ kind: 'text-replaced', path: 'ü' }],
        messages: '',
        lastTimestamp: 1.5,
        creationTime: 0,
      };
      const text = encodeAppendState(appendState)!;
      expect(decodeAppendState(text)).toEqual(appendState);
      expect(() => decodeAppendState(text.replace('"creationTime":0', '"creationTime":1'))).toThrow('damaged');
    }),
  );
});
