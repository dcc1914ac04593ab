import { execFile } from 'node:child_process';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';

/** fsyncs in flight at a time; the file system merges those that arrive together. */
const SYNCS_AT_ONCE = 16;

/** With at least this many directories, one flush of the whole file system is cheaper than an fsync per file. */
const MANY_DIRECTORIES = 16;

/**
 * Flushes all files in these directories, which have no subdirectories, to disk. Thousands of small files are flushed by one
 * syncfs(2), which coreutils' `sync -f` calls; where that is not available, each gets an fsync.
 */
export async function syncDirectories(directories: readonly string[]): Promise<void> {
  if (directories.length >= MANY_DIRECTORIES && (await syncFileSystem(directories[0]!))) return;
  const limit = pLimit(SYNCS_AT_ONCE);
  await Promise.all(directories.map((directory) => limit(syncDirectory, directory)));
}

/** fsync of a file or a directory, synchronously. */
export function syncPathSync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** fsync of a file or a directory. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await syncPath(join(directory, name));
  await syncPath(directory);
}

async function syncFileSystem(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    await promisify(execFile)('sync', ['-f', path]);
    return true;
  } catch {
    return false;
  }
}
