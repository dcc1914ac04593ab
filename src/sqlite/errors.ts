import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { asFatal, ConvertError } from '../errors.js';

/**
 * SQLite, loaded when it is asked for: worker threads get by without it unless their source is a SQLite database, and one
 * that is ended while it loads a native library takes the whole process down.
 */
export const sqlite = () =>
  createRequire(import.meta.url)('@photostructure/sqlite') as typeof import('@photostructure/sqlite');

/** SQLite's primary result codes (https://sqlite.org/rescode.html), as far as something hangs on them. */
export const SqliteCode = {
  /** A statement that means nothing to this database: tables or columns are missing. */
  ERROR: 1,
  BUSY: 5,
  READ_ONLY: 8,
  IO_ERROR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANNOT_OPEN: 14,
  NOT_A_DATABASE: 26,
} as const;

/**
 * How long a statement may wait for another program, in milliseconds. SQLite waits without letting this thread do anything
 * else, hear a signal for instance: longer waits are made of short ones (patience.ts).
 */
export const BUSY_TIMEOUT = 250;

/** The primary result code of what SQLite threw; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Whether another program held the database, also where an error of ours says so. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error instanceof ConvertError ? error.cause : error) === SqliteCode.BUSY;
}

/** Whether the content of a database file is to blame, and nothing else. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SqliteCode.CORRUPT || code === SqliteCode.NOT_A_DATABASE;
}

/** What SQLite threw when it worked on this file, as a `fatal` sentence; other errors as {@link asFatal} makes them. */
export function sqliteFailure(file: string, cause: unknown): ConvertError {
  if (cause instanceof ConvertError) return asFatal(cause, file);
  const meaning = MEANINGS.get(sqliteCode(cause) ?? -1);
  const system = meaning?.system === true ? systemError(cause) : undefined;
  if (system !== undefined || meaning === undefined) return asFatal(system ?? cause, file);
  return new ConvertError('fatal', `${file} ${meaning.says}.`, { where: file, hint: meaning.hint, cause });
}

interface Meaning {
  readonly says: string;
  readonly hint: string;
  /** The operating system's own code, where there is one, tells more. */
  readonly system?: true;
}

const RIGHT = 'Give this user the right to read and write it and its directory, and run again.';

const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [
    SqliteCode.BUSY,
    {
      says: 'is locked by another program',
      hint: 'Let that program finish, or end it (`fuser FILE` names it), and run again.',
    },
  ],
  [SqliteCode.READ_ONLY, { says: 'may not be written', hint: RIGHT }],
  [SqliteCode.IO_ERROR, { says: 'could not be read or written', hint: 'Check the disk, and run again.', system: true }],
  [SqliteCode.CORRUPT, { says: 'is damaged', hint: 'Repair it (sqlite3 FILE .recover) or take a backup.' }],
  [SqliteCode.FULL, { says: 'could not be written: no space is left', hint: 'Free some space and run again.' }],
  [SqliteCode.CANNOT_OPEN, { says: 'cannot be opened', hint: RIGHT, system: true }],
  [SqliteCode.NOT_A_DATABASE, { says: 'is no SQLite database', hint: 'Take a backup of it.' }],
]);

/** The error of the operating system behind one of SQLite's, as Node would have thrown it. */
function systemError(cause: unknown): Error | undefined {
  if (typeof cause !== 'object' || cause === null || !('systemErrno' in cause)) return undefined;
  const { systemErrno } = cause;
  if (typeof systemErrno !== 'number' || systemErrno <= 0) return undefined;
  return Object.assign(new Error(getSystemErrorName(-systemErrno), { cause }), {
    code: getSystemErrorName(-systemErrno),
  });
}
