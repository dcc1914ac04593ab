import { describe, expect, test } from '@jest/globals';
import { linksTo } from '../../src/artifacts/links.js';

const files = (directory: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    path: `${directory}f${i}.bin`,
    uri: `s3://b/1/r/artifacts/${directory}f${i}.bin`,
  }));

describe('linksTo', () => {
  test('one for each file, sorted by path', () => {
    expect(linksTo([...files('b/', 1), ...files('a/', 2)])).toEqual([
      { type: 'link', path: 'a/f0.bin', uri: 's3://b/1/r/artifacts/a/f0.bin' },
      { type: 'link', path: 'a/f1.bin', uri: 's3://b/1/r/artifacts/a/f1.bin' },
      { type: 'link', path: 'b/f0.bin', uri: 's3://b/1/r/artifacts/b/f0.bin' },
    ]);
  });

  test('of more than 200 in a directory, the directory', () => {
    expect(linksTo(files('a/b/', 200))).toHaveLength(200);
    expect(linksTo([...files('a/b/', 201), ...files('a/', 1), ...files('a/b/c/', 1)])).toEqual([
      { type: 'link', path: 'a/b', uri: 's3://b/1/r/artifacts/a/b' },
      { type: 'link', path: 'a/b/c/f0.bin', uri: 's3://b/1/r/artifacts/a/b/c/f0.bin' },
      { type: 'link', path: 'a/f0.bin', uri: 's3://b/1/r/artifacts/a/f0.bin' },
    ]);
  });

  test('the top is called by a name that no file has', () => {
    expect(linksTo(files('', 201))).toEqual([{ type: 'link', path: '.', uri: 's3://b/1/r/artifacts' }]);
  });
});
