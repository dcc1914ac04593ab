import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { likePattern, REGEX_LIKE, SERVER_LIKE, SQLITE_LIKE } from '../../../src/mlflow/search/like.js';

describe('LIKE', () => {
  test.each([
    ['abc', 'abc', true],
    ['abc', 'ABC', false],
    ['abc', 'a%', true],
    ['abc', '%c', true],
    ['abc', '_b_', true],
    ['abc', '__', false],
    ['', '%', true],
    ['', '_', false],
    ['🚀', '_', true],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
  ])('%j %j: %p, in all sources', (text, pattern, expected) => {
    for (const style of [REGEX_LIKE, SQLITE_LIKE, SERVER_LIKE]) {
      expect(likePattern(pattern, style, false)(text)).toBe(expected);
    }
  });

  test('stays within a line in a file store, but for the end', () => {
    const matches = (text: string, pattern: string) => likePattern(pattern, REGEX_LIKE, false)(text);
    expect([matches('a\nb', 'a%b'), matches('a\nb', 'a%'), matches('a\n', 'a'), matches('a\n\n', 'a')]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(likePattern('a%b', SQLITE_LIKE, false)('a\nb')).toBe(true);
  });

  test('has escapes in the databases that have them', () => {
    expect(likePattern('50\\%', SERVER_LIKE, false)('50%')).toBe(true);
    expect(likePattern('50\\%', SERVER_LIKE, false)('50\\x')).toBe(false);
    expect(likePattern('50\\%', SQLITE_LIKE, false)('50\\x')).toBe(true);
  });

  test('ignores case as ILIKE, in SQLite of ASCII only', () => {
    expect(likePattern('äB%', REGEX_LIKE, true)('ÄbC')).toBe(true);
    expect(likePattern('äB%', SQLITE_LIKE, true)('ÄbC')).toBe(false);
    expect(likePattern('äB%', SQLITE_LIKE, true)('äbC')).toBe(true);
  });
});

test('a pattern of a file store matches what the regular expression does that MLflow makes of it', () => {
  const some = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '%', '_', '.'), maxLength: 8 });
  fc.assert(
    fc.property(some, some, (text, pattern) => {
      const body = pattern.replaceAll('.', '\\.').replaceAll('%', '[^\\n]*').replaceAll('_', '[^\\n]');
      const end = pattern.endsWith('%') ? '' : '(?=\\n?(?![^]))';
      expect(likePattern(pattern, REGEX_LIKE, false)(text)).toBe(new RegExp(`^${body}${end}`).test(text));
    }),
    { numRuns: 500 },
  );
});

test('the time grows with text and pattern, however many ways there are to match', () => {
  const begun = performance.now();
  expect(likePattern(`${'%a'.repeat(50)}%b`, SQLITE_LIKE, false)('a'.repeat(5_000))).toBe(false);
  expect(performance.now() - begun).toBeLessThan(2_000);
});
