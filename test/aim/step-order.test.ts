import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashValue } from '../../src/aim/hash.js';
import { StepOrders, splitRepetitions } from '../../src/aim/step-order.js';
import { step } from '../support/points.js';

const unsigned = (value: bigint) => BigInt.asUintN(64, hashValue(value));

function idsOf(words: Uint32Array): bigint[] {
  const view = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  return Array.from({ length: words.length / 2 }, (_, i) => view.readBigUInt64BE(i * 8));
}

describe('the order of points', () => {
  test('is that of their ids, and the last arrival at a step wins', () => {
    const orders = new StepOrders();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const last = new Map<bigint, number>();
        for (const [i, value] of steps.entries()) last.set(unsigned(value), i);
        const expected = [...last].sort(([a], [b]) => (a < b ? -1 : 1));
        const { order, ids } = orders.lastWins(BigInt64Array.from(steps));
        expect([...order]).toEqual(expected.map(([, i]) => i));
        expect(idsOf(ids)).toEqual(expected.map(([id]) => id));
      }),
    );
  });

  test('is the same whether it is remembered or not', () => {
    const orders = new StepOrders();
    const steps = BigInt64Array.from({ length: 1000 }, (_, i) => BigInt(i % 700));
    expect(orders.lastWins(steps)).toEqual(new StepOrders().lastWins(steps));
    const again = orders.lastWins(steps);
    expect(again).toEqual(new StepOrders().lastWins(steps));
    steps[0] = 5000n;
    expect(orders.lastWins(steps)).toEqual(new StepOrders().lastWins(steps));
  });

  test('takes repetitions apart without losing one', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 5n }), { maxLength: 40 }), (steps) => {
        const layers = splitRepetitions(BigInt64Array.from(steps));
        const places = layers.flatMap(({ order }, layer) => [...order].map((i) => [i, layer] as const));
        const seen = new Map<bigint, number>();
        const expected = steps.map((value, i) => {
          const layer = seen.get(value) ?? 0;
          seen.set(value, layer + 1);
          return [i, layer];
        });
        expect(places.sort(([a], [b]) => a - b)).toEqual(expected);
        for (const { ids } of layers) {
          const list = idsOf(ids);
          expect(list).toEqual([...new Set(list)].sort((a, b) => (a < b ? -1 : 1)));
        }
      }),
    );
  });
});
