import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstLine } from '../../src/mapping/first-line.js';
import { plainLine } from '../../src/verify/expected/plain-line.js';

test.each([
  ['plain', 'plain'],
  ['# Title\n\nText', 'Title'],
  [
    '\n\n---\n***\n> - **Baseline** of `resnet`, __see__ [the paper](https://x.org/a_b)\r\nmore',
    'Baseline of resnet, see the paper',
  ],
  ['![](logo.png)\n\n1. first', 'first'],
  ['#hashtag', '#hashtag'],
  ['---\n\n```', undefined],
  ['', undefined],
  [`${'\n'.repeat(100)}too late`, undefined],
  ['x'.repeat(201), `${'x'.repeat(199)}…`],
  ['😀a'.repeat(100), '😀a'.repeat(100)],
])('the first line of %j is %j', (note, line) => {
  expect(firstLine(note)).toBe(line);
});

test('the two derivations agree on any mixture of marks', () => {
  const piece = fc.constantFrom(
    '#',
    '##',
    '>',
    '-',
    '*',
    '1.',
    '1)',
    ' ',
    '\n',
    '[',
    ']',
    '(',
    ')',
    '!',
    '_',
    '__',
    '~~',
    '`',
    'a',
    'ü',
    '7',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const note = pieces.join('');
      expect(plainLine(note)).toBe(firstLine(note) ?? '');
    }),
    { numRuns: 2000 },
  );
});

test.each(['[', '![', '[](', '#', '> ', '*'])('a note of many %j is read in no time', (part) => {
  const started = process.cpuUsage();
  firstLine(part.repeat(4_000_000));
  expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
});
