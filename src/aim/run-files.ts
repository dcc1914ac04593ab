import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failpoint } from '../failpoints.js';
import { damageOf } from '../rocksdb/damage.js';
import { currentManifest, highestFileNumber, readVersion, tableName } from '../rocksdb/database.js';
import type { TableFile } from '../rocksdb/manifest.js';
import { syncPathSync } from './durability.js';
import type { Repository } from './repository.js';

/** Something of each of a run's two databases. */
export interface Databases<T> {
  readonly meta: T;
  readonly seqs: T;
}

/** The two databases of a run under construction: directories that exist once they contain something. */
export interface StagedFiles extends Databases<string> {
  /**
   * The fingerprints ({@link databaseFingerprint}) of the databases that these files add to, if they are not whole ones. A
   * database to which nothing is added has no directory.
   */
  readonly appendsTo?: Databases<string>;
}

/** Whether Aim has opened one of a run's databases for writing, or is opening it right now. */
export function wasWrittenByAim(repository: Repository, hash: string): boolean {
  // Checked first, because an exception for each new run costs ten times as much.
  return databases(repository, hash).some(
    (directory) => existsSync(directory) && readdirSync(directory).some(isMadeByWriters),
  );
}

/** What is wrong with a run's databases, as far as {@link damageOf} can tell; undefined if they are sound. */
export function damageOfRun(repository: Repository, hash: string): string | undefined {
  const seqs = damageOf(repository.seqs(hash));
  if (seqs !== undefined) return `seqs/chunks/${hash}: ${seqs}`;
  const meta = damageOf(repository.meta(hash));
  return meta === undefined ? undefined : `meta/chunks/${hash}: ${meta}`;
}

/** RocksDB creates LOCK before it changes a database, and OPTIONS when it has opened it for writing; we create neither. */
function isMadeByWriters(name: string): boolean {
  return name === 'LOCK' || name.startsWith('OPTIONS-');
}

/** The names of RocksDB's own files; anything else in the directory belongs to somebody else. */
const ROCKSDB_FILE =
  /^(?:\d+\.(?:sst|log|dbtmp)|(?:MANIFEST|OPTIONS)-\d+(?:\.dbtmp)?|CURRENT(?:\.tmp)?|LOCK|IDENTITY|LOG(?:\.old\.\d+)?)$/;

/** Whether some process is tracking the run right now, as far as Aim's markers tell. */
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

/** Whether the databases in `staged` hold, byte for byte, the same tables as those of the run in the repository. */
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

/** The tables of a database; undefined if it is missing or damaged. */
function filesOf(directory: string): readonly TableFile[] | undefined {
  if (!existsSync(directory)) return undefined;
  try {
    return damageOf(directory) === undefined ? readVersion(directory).files : undefined;
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
 * A fingerprint of the contents of a database, which changes with every write of ours or of Aim's. It is made from the
 * MANIFEST, which names all files with their sizes and key ranges. Undefined if there is no database.
 */
export function databaseFingerprint(directory: string): string | undefined {
  const manifest = currentManifest(directory);
  if (manifest === undefined) return undefined;
  return createHash('sha256')
    .update(manifest)
    .update(readFileSync(join(directory, manifest)))
    .digest('hex')
    .slice(0, 32);
}

/** Whether staged files may be moved into place: what they add to must still be as it was when they were built. */
export function isInstallable(repository: Repository, hash: string, { appendsTo }: StagedFiles): boolean {
  if (appendsTo === undefined) return true;
  try {
    return (
      databaseFingerprint(repository.meta(hash)) === appendsTo.meta &&
      databaseFingerprint(repository.seqs(hash)) === appendsTo.seqs &&
      !wasWrittenByAim(repository, hash)
    );
  } catch {
    return false; // removed in Aim at this moment
  }
}

/**
 * Moves a run from `staged` into place, points first: without attributes it is not a run yet. A database that already exists
 * changes at the moment its CURRENT is renamed. Files that this makes obsolete are returned, to be removed a little later,
 * since a reader may be about to open them.
 */
export function install(repository: Repository, hash: string, staged: StagedFiles): string[] {
  const obsolete = stagedDirectories(staged).flatMap((from) => {
    const isPoints = from === staged.seqs;
    const old = moveDatabase(from, isPoints ? repository.seqs(hash) : repository.meta(hash));
    if (isPoints) failpoint('points-moved');
    return old;
  });
  failpoint('run-moved');
  return obsolete;
}

/** The directories that contain staged files, in the order in which they must be moved. */
export function stagedDirectories({ seqs, meta, appendsTo }: StagedFiles): string[] {
  return appendsTo === undefined ? [seqs, meta] : [seqs, meta].filter((directory) => existsSync(directory));
}

function moveDatabase(from: string, to: string): string[] {
  if (!existsSync(join(to, 'CURRENT'))) {
    if (existsSync(to)) rmSync(to, { recursive: true, force: true });
    renameSync(from, to);
    return [];
  }
  const before = readdirSync(to);
  const live = new Set(['CURRENT', ...readVersion(from).files.map(({ number }) => tableName(number))]);
  const names = readdirSync(from);
  for (const name of names) if (name !== 'CURRENT') renameSync(join(from, name), join(to, name));
  syncPathSync(to); // CURRENT must not survive a power cut without the files it refers to
  renameSync(join(from, 'CURRENT'), join(to, 'CURRENT'));
  syncPathSync(to); // nor may the files it replaces disappear before it
  rmdirSync(from);
  return before.filter((name) => !live.has(name) && ROCKSDB_FILE.test(name)).map((name) => join(to, name));
}

/**
 * Files of a run's databases that nothing refers to, as a crash between moving and cleaning up leaves them. None if Aim has
 * opened the database for writing, even right now: its new MANIFEST exists before CURRENT names it.
 */
export function orphans(repository: Repository, hash: string): string[] {
  return databases(repository, hash).flatMap((directory) => {
    const live = new Set(['CURRENT', currentManifest(directory)]);
    for (const { number } of readVersion(directory).files) live.add(tableName(number));
    const names = readdirSync(directory);
    if (names.some(isMadeByWriters)) return [];
    return names.filter((name) => !live.has(name) && ROCKSDB_FILE.test(name)).map((name) => join(directory, name));
  });
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
