import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runHash } from '../../src/mapping/run-hash.js';

describe('runHash', () => {
  test.each(['32b3397657a7444988306d280a954bbb', 'my_Run_7', '0'])('keeps %s', (id) => {
    expect(runHash(id)).toBe(id);
  });

  test.each([
    ['my-run', 'b4dbeadf14680183dd0ed4560af5dd92'],
    ['a/b', 'c14cddc033f64b9dea80ea675cf280a0'],
    ['', 'e3b0c44298fc1c149afbf4c8996fb924'],
    ['abc\n', 'edeaaff3f1774ad2888673770c6d6409'],
  ])('replaces %j by the head of its SHA-256', (id, hash) => {
    expect(runHash(id)).toBe(hash);
  });

  test('gives a usable hash for whatever id, and its own again for a hash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        const hash = runHash(id);
        expect(hash).toMatch(/^\w+$/);
        expect(runHash(hash)).toBe(hash);
      }),
    );
  });
});
