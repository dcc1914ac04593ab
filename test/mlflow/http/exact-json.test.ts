import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactJson } from '../../../src/mlflow/http/exact-json.js';

test.each([
  ['{"a": 9007199254740993, "b": [-9223372036854775808]}', { a: '9007199254740993', b: ['-9223372036854775808'] }],
  ['[NaN, Infinity, -Infinity, 1.5]', ['NaN', 'Infinity', '-Infinity', 1.5]],
  [
    '{"a": 0.1234567890123456789, "b": 1e22, "c": 12345678901234567.5}',
    { a: Number('0.1234567890123456789'), b: 1e22, c: 12345678901234568 },
  ],
  [
    '{"text": "NaN 9007199254740993 \\" -Infinity", "n": 1234567890123456}',
    { text: 'NaN 9007199254740993 " -Infinity', n: '1234567890123456' },
  ],
])('%s', (text, value) => expect(exactJson(text)).toEqual(value));

test('what JSON can say comes as JSON.parse has it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const numbers = (_: string, value: unknown): unknown => (typeof value === 'number' ? String(value) : value);
      expect(JSON.stringify(exactJson(text), numbers)).toBe(JSON.stringify(JSON.parse(text), numbers));
    }),
  );
});

test.each(['{"a": 1', '', '[NaN', '{"a": 9007199254740993', 'x'])('%j is cut or none', (text) =>
  expect(() => exactJson(text)).toThrow(SyntaxError),
);

test.each(['"', '\\"', '"\\', '-', ' ', '1', '1.', '"a\\\n'])('takes no longer for a long text of %j', (part) => {
  const began = performance.now();
  expect(() => exactJson(`[12345678901234567890, "${part.repeat(300_000)}`)).toThrow(SyntaxError);
  expect(performance.now() - began).toBeLessThan(2000);
});

test('leaves long strings as they are, beside numbers that are not', () => {
  const long = 'x\\"1234567890123456789 NaN'.repeat(200_000);
  expect(exactJson(`{"a": ${JSON.stringify(long)}, "b": 12345678901234567890}`)).toEqual({
    a: long,
    b: '12345678901234567890',
  });
});
