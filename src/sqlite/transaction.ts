import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { sqliteCode, sqliteFailure } from './errors.js';

/** Runs `work` in one transaction of a SQLite database, which is rolled back if it throws. */
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
    // after some errors, such as a full disk, SQLite has already rolled back
    if (database.isTransaction) database.exec('ROLLBACK');
    throw sqliteCode(error) === undefined ? error : sqliteFailure(database.location() ?? 'A database', error);
  }
}
