import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatList, parseList } from '../../../src/cli/config/list-text.js';

describe('a list in one text', () => {
  test.each<[string, string[] | undefined]>([
    ['', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a b ,\n c ', ['a b', 'c']],
    ['a,', ['a']],
    [',,a', ['a']],
    ['"a, b",c', ['a, b', 'c']],
    ['"say ""hi"""', ['say "hi"']],
    ['""', ['']],
    ['a"b', ['a"b']],
    ['"a', undefined],
    ['"a" b', undefined],
    ['a, "b"c"', undefined],
  ])('%j is %j', (text, items) => expect(parseList(text)).toEqual(items));

  test('any list can be written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (items) =>
        expect(parseList(formatList(items))).toEqual(items),
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('"', ',', ' ', '\n', 'a') })), (items) =>
        expect(parseList(formatList(items))).toEqual(items),
      ),
    );
  });

  test('is read in time that grows with its length', () => {
    const began = performance.now();
    expect(parseList(`"${'""'.repeat(60_000)}`)).toBeUndefined();
    expect(parseList(' '.repeat(120_000))).toEqual([]);
    expect(parseList(' ,'.repeat(60_000))).toEqual([]);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
