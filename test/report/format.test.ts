import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from '../../src/report/format.js';

describe('numbers for people', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567.4, '1,234,567'],
  ])('count %p is %p', (value, text) => expect(formatCount(value)).toBe(text));

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [12_345_678, '12.3 MB'],
    [100_000_000, '100 MB'],
    [9_996_000_000, '10.0 GB'],
    [1e20, '100000 PB'],
  ])('%p bytes are %p', (value, text) => expect(formatBytes(value)).toBe(text));

  test.each([
    [0, '0.0 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3599.6, '1 h 00 min'],
    [7500, '2 h 05 min'],
    [86_399, '1 d 00 h'],
    [97_200, '1 d 03 h'],
  ])('%p seconds are %p', (value, text) => expect(formatDuration(value)).toBe(text));

  test.each([
    [0, '0.00 runs/s'],
    [0.254, '0.25 runs/s'],
    [12.34, '12.3 runs/s'],
    [99.96, '100 runs/s'],
    [12345.6, '12,346 runs/s'],
  ])('rate %p is %p', (value, text) => expect(formatRate(value, 'runs')).toBe(text));

  test('one thing is singular', () => {
    expect([0, 1, 1000].map((count) => formatNoun(count, 'run'))).toEqual(['0 runs', '1 run', '1,000 runs']);
    expect(formatNoun(2, 'entry', 'entries')).toBe('2 entries');
  });

  test('separators never change the digits', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value) => {
        expect(formatCount(value)).toMatch(/^\d{1,3}(,\d{3})*$/);
        expect(formatCount(value).replaceAll(',', '')).toBe(String(value));
      }),
    );
  });
});
