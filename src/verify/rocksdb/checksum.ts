import { crc32c } from '@node-rs/crc32';

/** Undoes what RocksDB does to a CRC before it is stored (util/crc32c.h, Unmask). */
function unmask(stored: number): number {
  const rotated = (stored - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** Whether `stored` is the masked CRC-32C of `bytes`. */
export function matchesCrc(bytes: Uint8Array, stored: number): boolean {
  return crc32c(bytes) === unmask(stored);
}
