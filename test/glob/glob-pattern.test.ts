import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { globPattern } from '../../src/glob/glob-pattern.js';

describe('a glob', () => {
  test.each<[glob: string, matches: string[], others: string[]]>([
    ['a*c', ['ac', 'abc', 'abbc'], ['a/c', 'ab', 'xac']],
    ['**/a', ['a', 'x/a', 'x/y/a'], ['xa', 'a/x']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb', 'x/a/b']],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'ab']],
    ['a**b', ['ab', 'axb'], ['a/b']],
    ['{a,b{c,d}}.png', ['a.png', 'bc.png', 'bd.png'], ['b.png', 'c.png']],
    ['{a/**,b}/c', ['a/x/c', 'a/x/y/c', 'b/c'], ['x/c']],
    ['[a-c]', ['a', 'b', 'c'], ['d', '-', '/']],
    ['[!a-c]', ['d', '-'], ['a', '/']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a-]', ['a', '-'], ['b']],
    ['[\\]]', [']'], ['\\']],
    ['?', ['a', '🚀'], ['', 'ab', '/']],
    ['loss (1).txt', ['loss (1).txt'], ['loss 1.txt']],
    ['a,b}', ['a,b}'], ['a']],
  ])('%s', (glob, matches, others) => {
    const matcher = globPattern(glob);
    expect(matches.filter((path) => !matcher(path))).toEqual([]);
    expect(others.filter(matcher)).toEqual([]);
  });

  test.each<[glob: string, matches: string[], others: string[]]>([
    ['a*', ['a', 'ab', 'a/b', 'a/b/c'], ['ba', 'A']],
    ['*/b', ['/b', 'a/b', 'a/b/b'], ['b']],
    ['**', ['', 'a', 'a/b'], []],
    ['a**b', ['ab', 'a/b'], ['a']],
    ['a?b', ['a/b', 'axb'], ['ab']],
    ['a[!x]b', ['a/b'], ['axb']],
    ['{a*,b}', ['a/x', 'b'], ['c']],
  ])('%s for names, in which a slash is a character like any other', (glob, matches, others) => {
    const matcher = globPattern(glob, '');
    expect(matches.filter((name) => !matcher(name))).toEqual([]);
    expect(others.filter(matcher)).toEqual([]);
  });

  test.each(['', '[a', '{a', '{a}', '{1..3}', '+(a|b)', '!(a)', 'a\\', '*'.repeat(1001)])('%j is refused', (glob) => {
    expect(() => globPattern(glob)).toThrow(Error);
  });

  test('matches what picomatch matches', () => {
    const piece = fc.constantFrom('a', 'b', '.', '/', '*', '?', '[ab]', '[^a]', '{a,b/c}', '/**/', '*.');
    const path = fc.array(fc.constantFrom('a', 'b', 'c', '.', '/', 'ab'), { minLength: 1, maxLength: 8 });
    const options = {
      dot: true,
      flags: 's',
      nonegate: true,
      strictBrackets: true,
      strictSlashes: true,
      windows: false,
    };
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.array(path, { maxLength: 20 }),
        (pieces, paths) => {
          const glob = `a${pieces.join('')}c`;
          // Neither paths of files nor patterns have empty names in them, and picomatch takes `***` in several ways.
          fc.pre(!/\/\/|\*\*\*|(^|\/)\.\.?(\/|$)/.test(glob) && !/[^/]\*\*|\*\*[^/]/.test(glob));
          const [ours, theirs] = [globPattern(glob), picomatch(glob, options)];
          for (const file of paths.map((names) => names.join(''))) {
            if (/\/\/|^\/|\/$|(^|\/)\.\.?(\/|$)/.test(file)) continue;
            expect([glob, file, ours(file)]).toEqual([glob, file, theirs(file)]);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('takes time that grows with the name only', () => {
  test.each([
    ['many stars', `${'*a'.repeat(300)}b`],
    ['many directories', `${'**/'.repeat(200)}b`],
    ['braces in braces', `${'{*a,{*a,'.repeat(60)}a${'}}'.repeat(60)}b`],
    ['question marks', `${'?*'.repeat(400)}b`],
  ])('with %s', (_, glob) => {
    const matches = globPattern(glob);
    const begun = performance.now();
    expect(matches('a'.repeat(10_000))).toBe(false);
    expect(matches('a/'.repeat(5_000))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(15_000);
  });
});
