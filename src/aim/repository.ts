import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { asFatal, ConvertError, errorCode } from '../errors.js';
import { sqliteDriver } from '../sqlite/driver.js';
import { sqliteFailure } from '../sqlite/errors.js';
import { syncPathSync } from './durability.js';
import { PUT_BACK } from './metadata-failure.js';
import { RepositoryIdentity } from './repository-identity.js';
import { alembicRevision, checkRevision, checkVersion, updateHint } from './repository-version.js';
import { DATA_VERSION, METADATA_SCHEMA } from './schema.js';

/** The folders and files of an Aim repository (docs/aim-repo-format.md §1). */
export class Repository {
  /** The absolute path of the `.aim` directory. */
  readonly path: string;
  readonly metadataFile: string;
  readonly ledgerFile: string;
  readonly lockFile: string;
  /** Where runs are built before they are moved to their places. */
  readonly staging: string;
  readonly index: string;
  readonly metaChunks: string;
  readonly seqsChunks: string;
  private identity: RepositoryIdentity | undefined;

  private constructor(path: string) {
    this.path = path;
    this.metadataFile = join(path, 'run_metadata.sqlite');
    this.ledgerFile = join(path, 'mlflow2aim.sqlite');
    this.lockFile = join(path, 'mlflow2aim.lock');
    this.staging = join(path, 'mlflow2aim.staging');
    this.index = join(path, 'meta', 'index');
    this.metaChunks = join(path, 'meta', 'chunks');
    this.seqsChunks = join(path, 'seqs', 'chunks');
  }

  /**
   * Opens the repository in a directory, which may also be given as its `.aim` folder, and creates it if there is none.
   * Throws a `fatal` error for one made by another version of Aim, and leaves that untouched.
   */
  static open(directory: string): Repository {
    const path = repositoryPath(directory);
    try {
      if (existsSync(path)) open(path);
      else create(checkPlace(path));
    } catch (error) {
      throw sqliteFailure(path, error);
    }
    return new Repository(path);
  }

  /** A repository for reading, named as for {@link open}. Throws a `fatal` error if there is none. */
  static find(directory: string): Repository {
    const path = repositoryPath(directory);
    if (!isThere(path)) {
      throw new ConvertError('fatal', 'repository-not-found', `There is no Aim repository in ${dirname(path)}.`, {
        hint: 'Name the directory that holds .aim with --repo.',
      });
    }
    return new Repository(path);
  }

  /**
   * A repository to plan for, named as for {@link open}; undefined if there is none. Writes nothing. Throws a `fatal` error
   * for one that {@link open} would refuse; {@link checkSchema} checks the version of its database.
   */
  static look(directory: string): Repository | undefined {
    const path = repositoryPath(directory);
    if (!isThere(checkPlace(path))) return undefined;
    checkFiles(path);
    return new Repository(path);
  }

  /** Throws a `fatal` error when its database, here as a `copy`, was made by another version of Aim. */
  checkSchema(copy: string): void {
    checkRevision(this.path, alembicRevision(copy));
  }

  /** A repository that another thread has opened, by its {@link path}. */
  static at(path: string): Repository {
    return new Repository(path);
  }

  /**
   * Remembers which repository this is, once it is locked. From then on {@link checkIdentity} throws when it has been moved
   * away or replaced.
   */
  pin(): void {
    this.identity = new RepositoryIdentity(this);
  }

  /** See {@link RepositoryIdentity.check}; does nothing if the repository was never pinned. */
  checkIdentity(): void {
    this.identity?.check();
  }

  /** Whether the repository at this path is still the one that was opened. */
  get isSame(): boolean {
    return this.identity?.isHere ?? true;
  }

  /** The database of a run's attributes and summaries. */
  meta(hash: string): string {
    return this.metaChunks + sep + hash;
  }

  /** The database of a run's points and objects. */
  seqs(hash: string): string {
    return this.seqsChunks + sep + hash;
  }

  /** The hashes of all runs in the repository. */
  hashes(): string[] {
    if (!existsSync(this.metaChunks)) return [];
    const entries = readdirSync(this.metaChunks, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }
}

/** The absolute path of the `.aim` in a directory, which may also be named itself. */
export function repositoryPath(directory: string): string {
  const named = resolve(directory);
  return basename(named) === '.aim' ? named : join(named, '.aim');
}

/** Returns the path. Throws a `fatal` error if one of the directories above it is a file. */
function checkPlace(path: string): string {
  const parent = dirname(path);
  if (!existsSync(parent)) {
    if (parent !== path) checkPlace(parent);
  } else if (!statSync(parent).isDirectory()) {
    throw new ConvertError('fatal', 'wrong-type', `${parent} is a file, not a directory.`, {
      where: parent,
      hint: 'Name a directory with --repo.',
    });
  }
  return path;
}

/** Whether the path exists. Throws a `fatal` error if that cannot be determined. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return false;
    throw asFatal(error, path);
  }
}

/** Builds the repository aside and moves it into place, so that a crash leaves no half-made one. */
function create(path: string): void {
  const building = `${path}.${process.pid}.new`;
  makeDirectory(dirname(path));
  rmSync(building, { recursive: true, force: true });
  try {
    for (const folder of ['locks', 'progress', 'meta/chunks', 'seqs/chunks']) makeDirectory(join(building, folder));
    const metadata = new (sqliteDriver().DatabaseSync)(join(building, 'run_metadata.sqlite'));
    // in one transaction: each costs several waits for the disk
    metadata.exec(`BEGIN; ${METADATA_SCHEMA} COMMIT`);
    metadata.close();
    writeFileSync(join(building, 'VERSION'), `${DATA_VERSION}\n`);
    for (const name of ['VERSION', '.']) syncPathSync(join(building, name));
    renameSync(building, path);
    syncPathSync(dirname(path));
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(path)) throw error;
    open(path); // another process was quicker
  }
}

/**
 * Makes a directory and its missing parents, and flushes each to disk. One by one: Node 20's recursive mkdir never returns
 * where the system denies that an existing parent exists (as in /proc).
 */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path);
    syncPathSync(dirname(path));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new ConvertError('fatal', 'bad-path', `No directory can be made at ${path}.`, {
      hint: 'Choose another --repo.',
      cause: error,
    });
  }
}

/** Aim would create an empty database next to their data, and all runs would look removed. */
function hasRuns(path: string): boolean {
  const chunks = join(path, 'meta', 'chunks');
  return existsSync(chunks) && readdirSync(chunks).length > 0;
}

/** Checks an existing repository, and adds missing directories. */
function open(path: string): void {
  checkFiles(path);
  checkRevision(path, alembicRevision(join(path, 'run_metadata.sqlite')));
  for (const folder of ['meta/chunks', 'seqs/chunks']) makeDirectory(join(path, folder));
}

function checkFiles(path: string): void {
  if (!isThere(join(path, 'VERSION'))) {
    throw new ConvertError('fatal', 'repository-not-found', `${path} is no Aim repository: it has no VERSION.`, {
      hint: 'Choose another --repo.',
    });
  }
  checkVersion(path, readFileSync(join(path, 'VERSION'), 'utf8').trim());
  const file = join(path, 'run_metadata.sqlite');
  if (!existsSync(file)) {
    throw new ConvertError('fatal', 'damaged-file', `The Aim repository ${path} has no run_metadata.sqlite.`, {
      hint: hasRuns(path) ? PUT_BACK : updateHint(path),
    });
  }
}
