import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forAtMost } from './for-at-most.js';

test('a predicate that has begun in time is finished, and none is begun later', async () => {
  const ended: number[] = [];
  let begun = 0;
  const predicate = forAtMost(1, async (number: number) => {
    begun++;
    const start = performance.now();
    while (performance.now() - start <= 1) await new Promise(setImmediate);
    ended.push(number);
  });
  await fc.assert(fc.asyncProperty(fc.nat(), predicate), { numRuns: 5 });
  expect([begun, ended.length]).toEqual([1, 1]);
});

test('a predicate that fails makes the property fail', async () => {
  const predicate = forAtMost(60_000, async (number: number) => expect(number).toBeLessThan(3));
  await expect(fc.assert(fc.asyncProperty(fc.nat(9), predicate))).rejects.toThrow('Counterexample: [3]');
});
