import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { ConvertError } from './errors.js';

/** SQLite's primary result code for a full disk. */
const SQLITE_FULL = 13;

/** Runs `work` in one transaction of a SQLite database; when it throws, nothing of it has happened. */
export function inTransaction(
  database: DatabaseSyncInstance,
  begin: 'BEGIN' | 'BEGIN IMMEDIATE',
  work: () => void,
): void {
  database.exec(begin);
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    // after some errors, a full disk among them, SQLite has rolled back by itself
    if (database.isTransaction) database.exec('ROLLBACK');
    throw isFull(error) ? fullDisk(database, error) : error;
  }
}

function isFull(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === SQLITE_FULL;
}

function fullDisk(database: DatabaseSyncInstance, cause: unknown): ConvertError {
  const where = database.location() ?? 'A database';
  return new ConvertError('fatal', `${where} could not be written: no space is left.`, {
    where,
    hint: 'Free some space and run again.',
    cause,
  });
}
