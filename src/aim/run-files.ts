import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { highestFileNumber, readVersion, tableName } from '../rocksdb/database.js';
import type { TableFile } from '../rocksdb/manifest.js';
import type { Repository } from './repository.js';

/** The two databases of a run while they are built: directories that exist once something is in them. */
export interface StagedFiles {
  readonly meta: string;
  readonly seqs: string;
}

/** Whether Aim itself has opened one of a run's databases for writing, which leaves an OPTIONS file behind. */
export function wasWrittenByAim(repository: Repository, hash: string): boolean {
  return databases(repository, hash).some(
    (directory) => existsSync(directory) && readdirSync(directory).some((name) => name.startsWith('OPTIONS-')),
  );
}

/** Whether some process is tracking the run at this moment, as far as Aim's markers tell. */
export function isBeingTracked(repository: Repository, hash: string): boolean {
  return ['locks', 'meta/progress', 'seqs/progress'].some((folder) =>
    existsSync(join(repository.path, folder, folder === 'locks' ? `${hash}.softlock` : hash)),
  );
}

/** A number above those of all files in a run's databases. */
export function freeFileNumber(repository: Repository, hash: string): number {
  const numbers = databases(repository, hash).map((directory) =>
    existsSync(directory) ? highestFileNumber(directory) : 0,
  );
  return Math.max(...numbers) + 1;
}

/** Whether the databases built in `staged` hold, byte for byte, the same tables as those of the run in the repository. */
export function isSameAsPublished(repository: Repository, hash: string, staged: StagedFiles): boolean {
  return sameTables(staged.meta, repository.meta(hash)) && sameTables(staged.seqs, repository.seqs(hash));
}

function sameTables(a: string, b: string): boolean {
  const right = filesOf(b);
  if (right === undefined) return false;
  const left = readVersion(a).files;
  if (left.length !== right.length) return false;
  return left.every((file, i) => {
    const other = right[i]!;
    const same = file.size === other.size && file.level === other.level && file.largest === other.largest;
    return same && hasBytes(join(b, tableName(other.number)), readFileSync(join(a, tableName(file.number))));
  });
}

/** The tables of a database, undefined where it is not there or damaged. */
function filesOf(directory: string): readonly TableFile[] | undefined {
  try {
    return readVersion(directory).files;
  } catch {
    return undefined;
  }
}

function hasBytes(file: string, bytes: Buffer): boolean {
  try {
    return readFileSync(file).equals(bytes);
  } catch {
    return false;
  }
}

/**
 * Moves a run from `staged` to its place. Points first: what has no attributes is no run yet. The database of a run that
 * is there already changes in the moment in which CURRENT is renamed; files that this makes obsolete are returned and
 * are to be removed a little later, since a reader may be about to open them.
 */
export function install(repository: Repository, hash: string, staged: StagedFiles): string[] {
  return [...moveDatabase(staged.seqs, repository.seqs(hash)), ...moveDatabase(staged.meta, repository.meta(hash))];
}

function moveDatabase(from: string, to: string): string[] {
  if (!existsSync(join(to, 'CURRENT'))) {
    rmSync(to, { recursive: true, force: true });
    renameSync(from, to);
    return [];
  }
  const before = readdirSync(to);
  const names = readdirSync(from);
  for (const name of names) if (name !== 'CURRENT') renameSync(join(from, name), join(to, name));
  syncDirectorySync(to); // CURRENT must not outlive, through a power cut, the files that it stands for
  renameSync(join(from, 'CURRENT'), join(to, 'CURRENT'));
  rmdirSync(from);
  return before.filter((name) => name !== 'CURRENT').map((name) => join(to, name));
}

function syncDirectorySync(directory: string): void {
  const file = openSync(directory, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Removes files of a run's databases that nothing refers to: what a crash between moving and cleaning up leaves. */
export function removeOrphans(repository: Repository, hash: string): void {
  for (const directory of databases(repository, hash)) {
    const live = new Set(['CURRENT', readFileSync(join(directory, 'CURRENT'), 'latin1').trim()]);
    for (const { number } of readVersion(directory).files) live.add(tableName(number));
    for (const name of readdirSync(directory)) if (!live.has(name)) rmSync(join(directory, name));
  }
}

/** Where a run's databases are built. */
export function stagedFiles(repository: Repository, hash: string): StagedFiles {
  return { meta: join(repository.staging, `${hash}.meta`), seqs: join(repository.staging, `${hash}.seqs`) };
}

export function removeStaged(staged: StagedFiles): void {
  for (const directory of [staged.meta, staged.seqs]) rmSync(directory, { recursive: true, force: true });
}

function databases(repository: Repository, hash: string): [meta: string, seqs: string] {
  return [repository.meta(hash), repository.seqs(hash)];
}
