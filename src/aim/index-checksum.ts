import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The checksum by which Aim decides whether a run's index entry is up to date: MD5 over the path, modification time and size
 * of each file of the run's first database (docs/aim-repo-format.md §6). `directory` is absolute.
 */
export function indexChecksum(directory: string): string {
  const hash = createHash('md5');
  for (const name of readdirSync(directory).sort()) {
    if (name.startsWith('LOG')) continue;
    const path = join(directory, name);
    const { mtimeNs, size } = statSync(path, { bigint: true });
    hash.update(`${path}${pythonTime(mtimeNs)}${size}`);
  }
  return hash.digest('hex');
}

/** Formats a time as Python prints `st_mtime`: seconds and nanoseconds added as doubles, always with a decimal point. */
export function pythonTime(nanoseconds: bigint): string {
  const seconds = Number(nanoseconds / 1_000_000_000n) + 1e-9 * Number(nanoseconds % 1_000_000_000n);
  return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
}
