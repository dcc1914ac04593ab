import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { ConvertError } from '../errors.js';
import { isBusy, isDamage, sqliteFailure } from '../sqlite/errors.js';

/** The process that is writing a repository. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/**
 * Keeps two conversions from writing one repository at the same time. The lock is an open write transaction on a small
 * SQLite file. The operating system releases it when the process ends, however that happens, so it can never be stale. Its
 * holder can be read meanwhile.
 */
export class RepositoryLock {
  private constructor(private readonly database: DatabaseSyncInstance) {}

  /** Takes the lock, or throws a `fatal` error that names the process that holds it. */
  static take(file: string): RepositoryLock {
    const database = openFile(file);
    try {
      database.exec('PRAGMA journal_mode = DELETE');
      database.exec('CREATE TABLE IF NOT EXISTS owner (pid INTEGER, host TEXT, since TEXT)');
      database.exec('BEGIN IMMEDIATE');
      database.exec('DELETE FROM owner');
      const insert = database.prepare('INSERT INTO owner (pid, host, since) VALUES (?, ?, ?)');
      insert.run(process.pid, hostname(), new Date().toISOString());
      database.exec('COMMIT');
      database.exec('BEGIN IMMEDIATE');
      return new RepositoryLock(database);
    } catch (error) {
      const owner = readOwner(database);
      database.close();
      if (isDamage(error)) throw damaged(file, error);
      if (!isBusy(error)) throw sqliteFailure(file, error);
      const who =
        owner === undefined ? 'Another mlflow2aim' : `mlflow2aim with process id ${owner.pid} on ${owner.host}`;
      throw new ConvertError('fatal', 'repository-locked', `${who} is writing this repository.`, {
        hint: 'Wait until it is done, or stop it, and run again.',
        cause: error,
      });
    }
  }

  /** Who holds the lock now, if anybody. */
  static owner(file: string): LockOwner | undefined {
    if (!existsSync(file)) return undefined;
    let database: DatabaseSyncInstance;
    try {
      database = new DatabaseSync(file, { timeout: 0 });
    } catch {
      return undefined;
    }
    try {
      database.exec('BEGIN IMMEDIATE');
      database.exec('ROLLBACK');
      return undefined;
    } catch (error) {
      return isBusy(error) ? readOwner(database) : undefined;
    } finally {
      database.close();
    }
  }

  release(): void {
    this.database.exec('ROLLBACK');
    this.database.close();
  }
}

function openFile(file: string): DatabaseSyncInstance {
  try {
    // Waits a moment, because `status` also touches the lock.
    return new DatabaseSync(file, { timeout: 100 });
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

function damaged(file: string, cause: unknown): ConvertError {
  return new ConvertError('fatal', 'damaged-file', `The lock ${file} is damaged.`, {
    where: file,
    hint: 'Remove it while no mlflow2aim is writing this repository, and run again.',
    cause,
  });
}

function readOwner(database: DatabaseSyncInstance): LockOwner | undefined {
  try {
    return database.prepare('SELECT pid, host, since FROM owner').get() as LockOwner | undefined;
  } catch {
    return undefined;
  }
}
