import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskedCrc } from '../../src/rocksdb/crc32c.js';

/** What `mask` of RocksDB's util/crc32c.h undoes. */
function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

describe('the masked checksum', () => {
  // RFC 3720, appendix B.4
  test.each([
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['the check string', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('of %s', (_name, bytes, crc) => {
    expect(unmask(maskedCrc(bytes))).toBe(crc);
  });

  test('goes on over pieces as over the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
        const at = Math.min(cut, bytes.length);
        expect(maskedCrc(bytes.subarray(0, at), bytes.subarray(at))).toBe(maskedCrc(bytes));
      }),
    );
  });

  test('is never the checksum as it is', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => maskedCrc(bytes) !== unmask(maskedCrc(bytes))));
  });
});
