import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { padLeft, padRight, printable, textWidth, truncate, wrapped } from '../../src/report/text-width.js';

describe('text on a terminal', () => {
  test.each([
    ['abc', 3],
    ['größe', 5],
    ['e\u0301', 1],
    ['模型', 4],
    ['한국어', 6],
    ['🚀', 2],
    ['·…█', 3],
  ])('%p takes %p columns', (text, width) => expect(textWidth(text)).toBe(width));

  test('truncated text fits, and text that fits is not touched', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.nat(40), (raw, columns) => {
        const text = printable(raw);
        const cut = truncate(text, columns);
        expect(textWidth(cut)).toBeLessThanOrEqual(columns);
        if (textWidth(text) <= columns) expect(cut).toBe(text);
      }),
    );
  });

  test('wrapped text fits but for long words, and nothing is lost', () => {
    const words = fc.array(fc.stringMatching(/^[a-z模]{1,14}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 60 }), fc.nat(6), (given, columns, indent) => {
        const lines = wrapped(given.join(' '), columns, indent);
        expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(given);
        for (const line of lines) if (line.trim().includes(' ')) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      }),
    );
    expect(wrapped('  one two three', 9, 4)).toEqual(['  one two', '    three']);
    expect(wrapped('links (2 .a, 10 .bin)', 15, 2)).toEqual(['links (2 .a,', '  10 .bin)']);
    expect(wrapped('', 9)).toEqual(['']);
    expect(wrapped('a  b', Number.POSITIVE_INFINITY, 2)).toEqual(['a  b']);
  });

  test('padding counts columns', () => {
    expect(padRight('模型', 6)).toBe('模型  ');
    expect(padLeft('12', 4)).toBe('  12');
    expect(padRight('long', 2)).toBe('long');
  });

  test('nothing in a name can steer the terminal', () => {
    expect(printable('a\nb\x1b[2Jc\u202Ed\tf')).toBe('a b [2Jc d f');
  });
});
