import { createHash } from 'node:crypto';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { indexChecksum, pythonTime } from '../../src/aim/index-checksum.js';
import { temporaryDirectory } from '../support/temporary.js';

describe('modification times as Python prints them', () => {
  // repr(seconds + 1e-9 * nanoseconds) of CPython
  test.each([
    [1700000000000000000n, '1700000000.0'],
    [1700000000123456789n, '1700000000.1234567'],
    [1700000000999999999n, '1700000001.0'],
    [1795417097180000000n, '1795417097.18'],
    [1700000000500000000n, '1700000000.5'],
    [1764000000000000001n, '1764000000.0'],
    [4102444800000000123n, '4102444800.0'],
    [1000000000n, '1.0'],
    [0n, '0.0'],
  ])('%s', (nanoseconds, text) => {
    expect(pythonTime(nanoseconds)).toBe(text);
  });

  test('read back as the same double', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 10n ** 9n, max: 5n * 10n ** 18n }), (nanoseconds) => {
        const text = pythonTime(nanoseconds);
        expect(text).toMatch(/^\d+\.\d+$/);
        expect(Number(text)).toBe(Number(nanoseconds / 10n ** 9n) + 1e-9 * Number(nanoseconds % 10n ** 9n));
      }),
    );
  });
});

describe('the checksum of a run', () => {
  function run(files: Record<string, string>, seconds = 1_700_000_000): string {
    const directory = join(temporaryDirectory(), 'run');
    mkdirSync(directory);
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(directory, name), content);
      utimesSync(join(directory, name), seconds, seconds);
    }
    return directory;
  }

  test('is the MD5 of path, time and size of its files in order of name', () => {
    const directory = run({ 'MANIFEST-000001': 'abc', CURRENT: 'x', '000004.sst': '' });
    const text = [
      `${directory}/000004.sst1700000000.00`,
      `${directory}/CURRENT1700000000.01`,
      `${directory}/MANIFEST-0000011700000000.03`,
    ].join('');
    expect(indexChecksum(directory)).toBe(createHash('md5').update(text).digest('hex'));
  });

  test('does not mind RocksDB’s info logs', () => {
    const directory = run({ CURRENT: 'x' });
    const before = indexChecksum(directory);
    writeFileSync(join(directory, 'LOG'), 'text');
    writeFileSync(join(directory, 'LOG.old.1700000000'), 'text');
    expect(indexChecksum(directory)).toBe(before);
    writeFileSync(join(directory, '000005.log'), '');
    expect(indexChecksum(directory)).not.toBe(before);
  });

  test('changes with the time and the size of a file, and stays when it is only read', () => {
    const directory = run({ CURRENT: 'x' });
    const before = indexChecksum(directory);
    statSync(join(directory, 'CURRENT'));
    expect(indexChecksum(directory)).toBe(before);
    utimesSync(join(directory, 'CURRENT'), 1_700_000_000, 1_700_000_000.25);
    const touched = indexChecksum(directory);
    expect(touched).not.toBe(before);
    writeFileSync(join(directory, 'CURRENT'), 'xy');
    utimesSync(join(directory, 'CURRENT'), 1_700_000_000, 1_700_000_000.25);
    expect(indexChecksum(directory)).not.toBe(touched);
  });
});
