import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { sqliteCode, sqliteFailure } from './errors.js';

/** Runs `work` in one transaction of a SQLite database; when it throws, nothing of it has happened. */
export function inTransaction(
  database: DatabaseSyncInstance,
  begin: 'BEGIN' | 'BEGIN IMMEDIATE' | 'BEGIN EXCLUSIVE',
  work: () => void,
): void {
  try {
    database.exec(begin);
    work();
    database.exec('COMMIT');
  } catch (error) {
    // after some errors, a full disk among them, SQLite has rolled back by itself
    if (database.isTransaction) database.exec('ROLLBACK');
    throw sqliteCode(error) === undefined ? error : sqliteFailure(database.location() ?? 'A database', error);
  }
}
