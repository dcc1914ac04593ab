import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countValues } from '../../../src/mlflow/http/json-values.js';

function values(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 1;
  return 1 + Object.values(json).reduce((sum: number, value) => sum + values(value), 0);
}

test('values are counted as a parser would, give or take empty lists and objects', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (json, indent) => {
      const count = countValues(Buffer.from(JSON.stringify(json, undefined, indent)));
      expect(count).toBeGreaterThanOrEqual(values(json));
      expect(count).toBeLessThanOrEqual(2 * values(json));
    }),
  );
});

test.each(['"', '"\\', '"\\"', '"\\\\', '{"a', ''])('a text that ends too soon does no harm: %j', (text) => {
  expect(countValues(Buffer.from(text))).toBeLessThanOrEqual(2);
});
