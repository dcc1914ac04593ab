import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AimValue } from '../../src/aim/value.js';
import { parseJson } from '../../src/mapping/json-value.js';

describe('parseJson', () => {
  test.each<[string, AimValue]>([
    ['1', 1n],
    ['-0', 0n],
    ['1.0', 1],
    ['1e3', 1000],
    ['-0.0', -0],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['null', null],
    ['true', true],
    ['[]', []],
    ['{}', new Map()],
    [' {"a" : [1 , 2.5, "x"] }\n', new Map([['a', [1n, 2.5, 'x']]])],
    ['{"a": 1, "a": 2}', new Map([['a', 2n]])],
    ['{"": 1}', new Map([['(empty)', 1n]])],
    ['{"__proto__": 1}', new Map([['__proto__', 1n]])],
    ['"\\u00e9\\ud83d\\ude80\\n\\"\\\\"', 'é🚀\n"\\'],
  ])('%s', (text, value) => {
    expect(parseJson(text)).toStrictEqual(value);
  });

  test('keeps numbers that reading would change as text', () => {
    expect(parseJson('[9223372036854775808, 123456789012345678901234567890, 1e999]')).toStrictEqual([
      '9223372036854775808',
      '123456789012345678901234567890',
      '1e999',
    ]);
  });

  test("reads what Python's json writes for floats without a number", () => {
    expect(parseJson('[NaN, Infinity, -Infinity]')).toStrictEqual([Number.NaN, Infinity, -Infinity]);
  });

  test.each([
    '',
    'abc',
    '{',
    '[1',
    '[1 2]',
    '[1,]',
    '[,]',
    '{"a"}',
    '{"a":1,}',
    '{a: 1}',
    "'a'",
    '"a',
    '"a\nb"',
    '"\\x"',
  ])('%j is no JSON', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  test.each(['01', '1.', '.5', '+1', '1 2', 'nan', '"\\ud800"', '{"\\udc00": 1}', 'True'])('%j is no JSON', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  test('stays within its stack', () => {
    expect(parseJson('['.repeat(200) + ']'.repeat(200))).toBeDefined();
    expect(parseJson('['.repeat(1_000_000))).toBeUndefined();
    expect(parseJson(`"${'\\n'.repeat(1_000_000)}"`)).toHaveLength(1_000_000);
  });

  test('agrees with JSON.parse', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        expect(plain(parseJson(text)!)).toEqual(renamed(JSON.parse(text)));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]{}",:\\0-1.eE atrun\n') }), (text) => {
        expect(parseJson(text) !== undefined).toBe(isJson(text));
      }),
      { numRuns: 1000 },
    );
  });
});

/** Numbers as numbers and dicts as sorted entries, to be compared with what JSON.parse says. */
function plain(value: AimValue): unknown {
  if (typeof value === 'bigint') return Number(value) + 0;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return sorted(Array.from(value, ([k, v]) => [String(k), plain(v)]));
  return value;
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value === 'number' && Number.isInteger(value)) {
    // Written without an exponent and beyond int64.
    return Math.abs(value) >= 2 ** 63 && Math.abs(value) < 1e21 ? String(value) : value + 0;
  }
  if (typeof value !== 'object' || value === null) return value;
  return sorted(Object.entries(value).map(([k, v]) => [k === '' ? '(empty)' : k, renamed(v)]));
}

function sorted(entries: [string, unknown][]): [string, unknown][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
