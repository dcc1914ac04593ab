import { closeSync, existsSync, openSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { syncPathSync } from '../aim/durability.js';
import { ConvertError } from '../errors.js';
import { BUSY_TIMEOUT } from '../sqlite/driver.js';
import { isDamage, SqliteCode, sqliteCode, sqliteFailure } from '../sqlite/errors.js';

/** The oldest version of the schema that can be migrated. */
const OLDEST_VERSION = 2;

/** Migrate from each version to the next, beginning with {@link OLDEST_VERSION}. */
const MIGRATIONS: readonly string[] = [
  `
ALTER TABLE runs ADD COLUMN unread TEXT;
ALTER TABLE runs ADD COLUMN awaited TEXT;
CREATE INDEX incomplete_runs ON runs (source) WHERE unread IS NOT NULL;
`,
  `
ALTER TABLE runs ADD COLUMN notices TEXT;
CREATE INDEX runs_with_notices ON runs (source) WHERE notices IS NOT NULL;
`,
];

export const SCHEMA_VERSION = OLDEST_VERSION + MIGRATIONS.length;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS runs (
  hash TEXT PRIMARY KEY,
  run_id TEXT NOT NULL,
  source TEXT NOT NULL,
  revision TEXT NOT NULL,
  inputs TEXT NOT NULL,
  properties TEXT NOT NULL,
  pending TEXT,
  review_at INTEGER,
  experiment_id TEXT,
  active INTEGER,
  deleted TEXT,
  growth TEXT,
  unindexed INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX unindexed_runs ON runs (unindexed) WHERE unindexed = 1;
`;

/** The number of damaged ledgers to keep. */
const DAMAGED_KEPT = 3;

/** Creates the object that uses the database. `damaged` is where a damaged one has been moved. */
type Use<T> = (database: DatabaseSyncInstance, damaged?: string) => T;

/**
 * Opens or creates a ledger's database, and migrates one of an earlier version. A damaged one is moved aside and replaced by an empty one:
 * everything in it can be found out again, except which runs were removed in Aim. Throws a `fatal` error for other problems: a later
 * version, another program's lock, an unreadable disk.
 */
export function openLedgerFile<T>(file: string, use: Use<T>): T {
  try {
    return open(file, use);
  } catch (error) {
    if (!isDamaged(file, error)) throw sqliteFailure(file, error);
  }
  try {
    const damaged = moveAside(file);
    return open(file, (database) => use(database, damaged));
  } catch (error) {
    throw sqliteFailure(file, error);
  }
}

/** Opens a ledger's database for reading; undefined if it has another version. */
export function readLedgerFile(file: string): DatabaseSyncInstance | undefined {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT });
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version === SCHEMA_VERSION) return database;
  database.close();
  return undefined;
}

class DamagedLedger extends Error {}

function open<T>(file: string, use: Use<T>): T {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
  try {
    // reports locks and missing permissions here, so that later errors mean damage
    database.exec('BEGIN IMMEDIATE');
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    migrate(database, file, version);
    const { quick_check: verdict } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (verdict !== 'ok') throw new DamagedLedger(verdict);
    const ledger = use(database);
    database.exec('COMMIT');
    return ledger;
  } catch (error) {
    // a connection with statements is closed for good only once they are collected, and would keep its lock until then
    if (database.isTransaction) database.exec('ROLLBACK');
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSyncInstance, file: string, version: number): void {
  if (version === SCHEMA_VERSION) return;
  if (version === 0) database.exec(SCHEMA);
  if (version !== 0 && (version < OLDEST_VERSION || version > SCHEMA_VERSION)) {
    const known = OLDEST_VERSION === SCHEMA_VERSION ? `${SCHEMA_VERSION}` : `${OLDEST_VERSION} to ${SCHEMA_VERSION}`;
    throw new ConvertError(
      'fatal',
      'unsupported-version',
      `The ledger ${file} has version ${version}; this mlflow2aim supports ${known}.`,
      {
        where: file,
        hint:
          'Use the mlflow2aim that wrote it, or move the file away. Everything is then converted again, and runs that ' +
          'were removed in Aim come back.',
      },
    );
  }
  for (const migration of MIGRATIONS.slice(Math.max(version, OLDEST_VERSION) - OLDEST_VERSION))
    database.exec(migration);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

function isDamaged(file: string, error: unknown): boolean {
  if (error instanceof DamagedLedger || isDamage(error)) return true;
  const code = sqliteCode(error);
  // nobody else is writing, so the tables are not those of a ledger
  return code === SqliteCode.ERROR || (code === SqliteCode.READ_ONLY && forbidsWriting(file));
}

/** Whether byte 18 of the header, the write version, has a value that no SQLite writes; it makes the database read-only. */
function forbidsWriting(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(100);
    readSync(descriptor, header, 0, header.length, 0);
    return header[18]! > 2;
  } finally {
    closeSync(descriptor);
  }
}

/** Renames a damaged ledger and its journals, and deletes the oldest of the earlier ones. */
function moveAside(file: string): string {
  const directory = dirname(file);
  const prefix = `${basename(file)}.damaged-`;
  const numbers = readdirSync(directory)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
  const number = Math.max(0, ...numbers) + 1;
  const aside = join(directory, prefix + number);
  for (const journal of ['-journal', '-wal', '-shm']) {
    if (existsSync(file + journal)) renameSync(file + journal, aside + journal);
  }
  renameSync(file, aside);
  syncPathSync(directory);
  for (const old of numbers.filter((each) => each <= number - DAMAGED_KEPT)) {
    for (const journal of ['', '-journal', '-wal', '-shm']) {
      rmSync(join(directory, prefix + old + journal), { force: true });
    }
  }
  return aside;
}
