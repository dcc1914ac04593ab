import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const NANOSECONDS = 1_000_000_000n;

/**
 * What Aim keeps in its index to know whether a run has changed since (docs/aim-repo-format.md §6): MD5 over path, time and
 * size of each file of the run's first database. After a repository was moved no run has the one that is kept.
 *
 * @param directory absolute
 */
export function chunkChecksum(directory: string): string {
  const md5 = createHash('md5');
  for (const name of readdirSync(directory).sort()) {
    if (name.startsWith('LOG')) continue;
    const path = join(directory, name);
    const { mtimeNs, size } = statSync(path, { bigint: true });
    md5.update(path).update(showTime(mtimeNs)).update(String(size));
  }
  return md5.digest('hex');
}

/** Seconds as Python shows a float. */
function showTime(nanoseconds: bigint): string {
  const seconds = Number(nanoseconds / NANOSECONDS) + 1e-9 * Number(nanoseconds % NANOSECONDS);
  return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
}
