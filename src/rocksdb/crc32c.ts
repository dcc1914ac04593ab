import { crc32c } from '@node-rs/crc32';

/**
 * The checksum in the form that RocksDB stores: a masked CRC-32C, because a CRC over bytes that contain a CRC is weak.
 * `pieces` are treated as one.
 *
 * Threads load this native library when they start. Ending a thread meanwhile is safe (tried 360 times), unlike with
 * SQLite's (sqlite/driver.ts).
 */
export function maskedCrc(...pieces: readonly Uint8Array[]): number {
  let crc = 0;
  for (const piece of pieces) crc = crc32c(piece, crc);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
