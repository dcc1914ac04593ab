import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { BUSY_TIMEOUT, sqliteDriver } from './driver.js';
import { SqliteCode, sqliteCode } from './errors.js';

/**
 * Copies a database as it is at this moment, beside programs that may be writing it, and without writing beside it. `to` must
 * not exist. Throws what SQLite throws.
 */
export function copyDatabase(from: string, to: string): void {
  try {
    const database = new (sqliteDriver().DatabaseSync)(from, { readOnly: true, timeout: BUSY_TIMEOUT });
    try {
      database.prepare('VACUUM INTO ?').run(to);
    } finally {
      database.close();
    }
  } catch (error) {
    rmSync(to, { force: true });
    const code = sqliteCode(error);
    if (code !== SqliteCode.READ_ONLY && code !== SqliteCode.CANNOT_OPEN) throw error;
    copyWithJournals(from, to);
  }
}

/** What a crash has left half written is undone by whoever opens it next for writing: here in the copy. */
function copyWithJournals(from: string, to: string): void {
  for (const journal of ['', '-journal', '-wal']) {
    if (existsSync(from + journal)) copyFileSync(from + journal, to + journal);
  }
}
