import { crc32c } from '@node-rs/crc32';

/**
 * The checksum as RocksDB stores it: CRC-32C, never as it is, because a CRC of bytes that hold a CRC is weak. `pieces` are
 * taken as if they were one.
 *
 * Threads load this native library at their start. One that is ended meanwhile ends alone (tried 360 times), which is not so
 * with SQLite's (sqlite/driver.ts).
 */
export function maskedCrc(...pieces: readonly Uint8Array[]): number {
  let crc = 0;
  for (const piece of pieces) crc = crc32c(piece, crc);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
