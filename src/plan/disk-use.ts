import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Repository } from '../aim/repository.js';

/** What files take of a file system. */
export interface DiskUse {
  /** Bytes of the blocks that are allocated. */
  readonly bytes: number;
  /** Files and directories: each takes an inode. */
  readonly inodes: number;
}

const NOTHING: DiskUse = { bytes: 0, inodes: 0 };
const BLOCK = 512;

/** What everything at and below a path takes; nothing where there is none. */
export function diskUse(path: string): DiskUse {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return NOTHING;
  const own = { bytes: stats.blocks * BLOCK, inodes: 1 };
  return stats.isDirectory() ? total([own, ...readdirSync(path).map((name) => diskUse(join(path, name)))]) : own;
}

/** What the data of these runs take. */
export function diskUseOfRuns(repository: Repository, hashes: readonly string[]): DiskUse {
  return total(hashes.flatMap((hash) => [diskUse(repository.meta(hash)), diskUse(repository.seqs(hash))]));
}

export function total(uses: readonly DiskUse[]): DiskUse {
  return uses.reduce((a, b) => ({ bytes: a.bytes + b.bytes, inodes: a.inodes + b.inodes }), NOTHING);
}
