import { describe, expect, test } from '@jest/globals';
import { artifactFilter, globMatcher } from '../../src/artifacts/glob.js';
import { ConvertError } from '../../src/errors.js';

describe('a pattern', () => {
  test.each<[glob: string, matches: string[], others: string[]]>([
    ['*.png', ['a.png', 'images/a.png', 'a/b/.hidden.png', 'new\nline.png'], ['a.PNG', 'a.png/b', 'a.jpg']],
    ['model', ['model', 'a/model'], ['model/a', 'models']],
    ['/*.png', ['a.png'], ['images/a.png']],
    ['images/*.png', ['images/a.png', 'images/ünï 🚀.png'], ['images/x/a.png', 'x/images/a.png']],
    ['images/**', ['images/a.png', 'images/x/.y', 'images/new\nline/a'], ['x/images/a.png', 'images2/a']],
    ['**/images/**', ['images/a', 'x/images/a/b'], ['images2/a']],
    ['images/', ['images/a', 'x/images/a/b'], ['images', 'images2/a']],
    ['/images/', ['images/a', 'images/a/b'], ['x/images/a']],
    ['a/b/', ['a/b/c'], ['x/a/b/c']],
    ['*.{png,jpg}', ['a.png', 'x/a.jpg'], ['a.gif']],
    ['[ab]?.txt', ['a1.txt', 'x/b2.txt'], ['c1.txt', 'a.txt']],
    ['!a.txt', ['!a.txt'], ['a.txt', 'b.txt']],
    ['back\\\\slash.txt', ['back\\slash.txt'], ['back/slash.txt']],
  ])('%s', (glob, matches, others) => {
    const matcher = globMatcher(glob);
    expect(matches.filter((path) => !matcher(path))).toEqual([]);
    expect(others.filter(matcher)).toEqual([]);
  });

  test('that is none is refused with a sentence', () => {
    expect(() => globMatcher('')).toThrow(ConvertError);
    expect(() => globMatcher('[abc')).toThrow(ConvertError);
    expect(globMatcher('\\[abc')('[abc')).toBe(true);
    expect(() => globMatcher('')).toThrow('The pattern "" for artifacts cannot be used.');
  });
});

describe('the rules', () => {
  const include = (glob: string) => ({ include: true, glob });
  const exclude = (glob: string) => ({ include: false, glob });
  const kept = (...rules: ReturnType<typeof include>[]) =>
    ['a.png', 'b.txt', 'tmp/c.png', 'tmp/d.txt'].filter(artifactFilter(rules));

  test('none: everything is wanted', () => {
    expect(kept()).toEqual(['a.png', 'b.txt', 'tmp/c.png', 'tmp/d.txt']);
  });

  test('an exclude first: everything else is wanted', () => {
    expect(kept(exclude('tmp/**'))).toEqual(['a.png', 'b.txt']);
  });

  test('an include first: nothing else is wanted', () => {
    expect(kept(include('*.png'))).toEqual(['a.png', 'tmp/c.png']);
  });

  test('the last that matches decides', () => {
    expect(kept(exclude('tmp/**'), include('*.txt'))).toEqual(['a.png', 'b.txt', 'tmp/d.txt']);
    expect(kept(include('*.txt'), exclude('tmp/**'))).toEqual(['b.txt']);
    expect(kept(include('*.txt'), exclude('tmp/**'), include('tmp/d*'))).toEqual(['b.txt', 'tmp/d.txt']);
  });
});
