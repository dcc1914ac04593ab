import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crc32c, maskCrc, unmaskCrc } from '../../src/rocksdb/crc32c.js';

describe('crc32c', () => {
  // RFC 3720, appendix B.4
  test.each([
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['the check string', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s', (_name, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });

  test('goes on over pieces as over the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        const at = Math.min(cut, bytes.length);
        expect(crc32c(bytes, at, bytes.length, crc32c(bytes, 0, at))).toBe(crc32c(bytes));
      }),
    );
  });

  test('masks as RocksDB does, and back', () => {
    const crc = crc32c(Buffer.from('foo'));
    expect(maskCrc(crc)).not.toBe(crc);
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => unmaskCrc(maskCrc(value)) === value));
  });
});
