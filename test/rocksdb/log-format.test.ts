import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeLog, encodeLog } from '../../src/rocksdb/log-format.js';

const BLOCK = 32_768;

function same(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((record, i) => record.equals(b[i]!));
}

describe('log format', () => {
  test('is a header of checksum, length and type before each record', () => {
    const log = encodeLog([Buffer.from('abc')]);
    expect(log.length).toBe(7 + 3);
    expect(log.readUInt16LE(4)).toBe(3);
    expect(log[6]).toBe(1);
    expect(log.toString('latin1', 7)).toBe('abc');
  });

  test('gives back what was written, cut over blocks or not', () => {
    const record = fc
      .tuple(fc.integer({ min: 0, max: 3 * BLOCK }), fc.nat(255))
      .map(([size, fill]) => Buffer.alloc(size, fill));
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (records) => {
        expect(same(decodeLog(encodeLog(records)), records)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test.each([BLOCK - 7 - 6, BLOCK - 7 - 7, BLOCK - 7, BLOCK - 6])('at the end of a block (%d bytes before)', (size) => {
    const records = [Buffer.alloc(size, 1), Buffer.from('next')];
    expect(same(decodeLog(encodeLog(records)), records)).toBe(true);
  });

  test('refuses a changed byte and a cut record', () => {
    const log = encodeLog([Buffer.from('some record')]);
    for (let i = 0; i < log.length; i++) {
      const damaged = Buffer.from(log);
      damaged[i]! ^= 0x40;
      expect(() => decodeLog(damaged)).toThrow();
    }
    expect(() => decodeLog(log.subarray(0, -1))).toThrow();
  });
});
