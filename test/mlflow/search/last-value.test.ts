import { expect, test } from '@jest/globals';
import { LastValue } from '../../../src/mlflow/search/last-value.js';
import { batchOf } from '../../support/points.js';

const lastOf = (...points: (readonly [step: number, timestamp: number, value: number])[]) => {
  const last = new LastValue();
  for (const [step, timestamp, value] of points) last.add(batchOf([{ step: BigInt(step), timestamp, value }]));
  return last.value;
};

test.each([
  ['the highest step', lastOf([2, 0, 1], [1, 9, 7]), 1],
  ['the latest of a step', lastOf([1, 9, 1], [1, 5, 7]), 1],
  ['the largest of a step and time', lastOf([1, 5, 3], [1, 5, 7], [1, 5, 4]), 7],
  ['the first of NaN and a number at one step and time', lastOf([1, 5, Number.NaN], [1, 5, 7]), Number.NaN],
  ['or of a number and NaN', lastOf([1, 5, 7], [1, 5, Number.NaN]), 7],
  ['none', lastOf(), undefined],
])('the last value is that of %s', (_, found, expected) => {
  expect(found).toBe(expected);
});
