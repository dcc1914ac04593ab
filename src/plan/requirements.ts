import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Repository } from '../aim/repository.js';
import type { Warning } from '../events.js';
import type { DiskUse } from './disk-use.js';

/** What a conversion needs of this machine beside what there is. */
export interface Requirements {
  /** Bytes on the repository's file system. */
  readonly disk: { readonly needed: number; readonly free: number };
  /** Files and directories there; `free` is absent where the file system has no limit. */
  readonly inodes: { readonly needed: number; readonly free?: number };
  /**
   * Files that `aim up` will have open at once, and the limit of the shell in which this runs, where that is known.
   */
  readonly openFiles: { readonly needed: number; readonly limit?: number };
}

/** Libraries, connections, databases of its own, and what a query opens in passing. */
const AIMS_OWN = 64;

/**
 * @param existing the repository, if there is one
 * @param newRuns runs that are added to it
 */
export function requirements(
  repo: string,
  { bytes, inodes }: DiskUse,
  { existing, newRuns }: { readonly existing: Repository | undefined; readonly newRuns: number },
): Requirements {
  const free = freeSpace(repo);
  const limit = shellLimit();
  const tables = existing === undefined ? 0 : tablesOf(existing);
  return {
    disk: { needed: bytes, free: free.bytes },
    inodes: { needed: inodes, ...(free.inodes !== undefined && { free: free.inodes }) },
    openFiles: { needed: AIMS_OWN + tables + newRuns, ...(limit !== undefined && { limit }) },
  };
}

/** `aim up` keeps each table of each run's first database open, index or not (docs/aim-server-and-ui.md). */
function tablesOf(repository: Repository): number {
  const tables = repository.hashes().map((hash) => {
    try {
      return readdirSync(repository.meta(hash)).filter((name) => name.endsWith('.sst')).length;
    } catch {
      return 0; // removed at this moment
    }
  });
  return tables.reduce((sum, count) => sum + count, 0);
}

/** Sentences about what does not suffice. */
export function shortages({ disk, inodes, openFiles }: Requirements, repo: string): Warning[] {
  const warnings: Warning[] = [];
  if (disk.needed > disk.free) {
    const message = `${repo} needs about ${size(disk.needed)}, and only ${size(disk.free)} are free there.`;
    warnings.push({ code: 'disk-too-small', message: `${message} Choose another --repo, or select less.` });
  }
  if (inodes.free !== undefined && inodes.needed > inodes.free) {
    const message = `${repo} needs about ${count(inodes.needed)} files, and its file system can hold ${count(inodes.free)} more.`;
    warnings.push({ code: 'too-few-inodes', message: `${message} Choose another --repo, or select less.` });
  }
  if (openFiles.limit !== undefined && openFiles.needed > openFiles.limit) {
    const message =
      `aim up will keep about ${count(openFiles.needed)} files open, one for each run, and the limit here is ${count(openFiles.limit)}: ` +
      `say ulimit -n ${suggested(openFiles.needed)} before you start it, or raise the limit of its service.`;
    warnings.push({ code: 'open-files-limit', message });
  }
  return warnings;
}

/** What is free where a path is, or will be; `inodes` is absent where the file system has no limit. */
export function freeSpace(path: string): { readonly bytes: number; readonly inodes?: number } {
  const { bavail, bsize, files, ffree } = statfsSync(existingParent(path));
  return { bytes: bavail * bsize, ...(files > 0 && { inodes: ffree }) };
}

function existingParent(path: string): string {
  return existsSync(path) ? path : existingParent(dirname(path));
}

/**
 * The soft limit for open files of the process that started this one, mostly a shell: Node raises its own to the hard limit, and
 * `aim up` does not. Undefined where /proc does not tell.
 */
function shellLimit(): number | undefined {
  try {
    const limits = readFileSync(`/proc/${process.ppid}/limits`, 'latin1');
    const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** The next power of two: there will be more runs. */
function suggested(needed: number): number {
  return 2 ** Math.ceil(Math.log2(needed));
}

function size(bytes: number): string {
  const [unit, name] = bytes >= 1e9 ? [1e9, 'GB'] : bytes >= 1e6 ? [1e6, 'MB'] : [1e3, 'kB'];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
