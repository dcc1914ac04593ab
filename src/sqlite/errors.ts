import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { asFatal, ConvertError, type ErrorCode, errorCode } from '../errors.js';

/** The primary result codes of SQLite that decide something (https://sqlite.org/rescode.html). */
export const SqliteCode = {
  /** Among others, tables or columns that the statement names are missing. */
  ERROR: 1,
  BUSY: 5,
  READ_ONLY: 8,
  IO_ERROR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANNOT_OPEN: 14,
  NOT_A_DATABASE: 26,
} as const;

/** The primary result code of an error of SQLite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Whether another program held the database; also true for a {@link ConvertError} with that cause. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error instanceof ConvertError ? error.cause : error) === SqliteCode.BUSY;
}

/** Whether the content of the database file is damaged. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SqliteCode.CORRUPT || code === SqliteCode.NOT_A_DATABASE;
}

/** Turns an error of SQLite about this file into a `fatal` one for people; other errors become what {@link asFatal} makes of them. */
export function sqliteFailure(file: string, cause: unknown): ConvertError {
  if (cause instanceof ConvertError) return asFatal(cause, file);
  const meaning = MEANINGS.get(sqliteCode(cause) ?? -1);
  const system = meaning?.system === true ? systemError(cause) : undefined;
  const readOnly = meaning?.code === 'permission-denied' ? readOnlyError(file) : undefined;
  if (readOnly !== undefined) return asFatal(readOnly, file);
  if (system !== undefined || meaning === undefined) return asFatal(system ?? cause, file);
  return new ConvertError('fatal', meaning.code, `${file} ${meaning.says}.`, {
    where: file,
    hint: meaning.hint,
    cause,
  });
}

interface Meaning {
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint: string;
  /** Report the operating system's error code instead, if there is one. */
  readonly system?: true;
}

const GRANT_ACCESS = 'Give this user read and write access to the file and its directory, and run again.';

const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [
    SqliteCode.BUSY,
    {
      code: 'busy',
      says: 'is locked by another program',
      hint: 'Wait until that program finishes, or end it (`fuser FILE` shows it), and run again.',
    },
  ],
  [
    SqliteCode.READ_ONLY,
    { code: 'permission-denied', says: 'cannot be written: permission denied', hint: GRANT_ACCESS },
  ],
  [
    SqliteCode.IO_ERROR,
    { code: 'io-error', says: 'cannot be read or written', hint: 'Check the disk, and run again.', system: true },
  ],
  [
    SqliteCode.CORRUPT,
    { code: 'damaged-file', says: 'is damaged', hint: 'Repair it (sqlite3 FILE .recover) or restore a backup.' },
  ],
  [
    SqliteCode.FULL,
    { code: 'no-space', says: 'could not be written: no space left', hint: 'Free some space and run again.' },
  ],
  [SqliteCode.CANNOT_OPEN, { code: 'permission-denied', says: 'cannot be opened', hint: GRANT_ACCESS, system: true }],
  [
    SqliteCode.NOT_A_DATABASE,
    { code: 'damaged-file', says: 'is not a SQLite database', hint: 'Restore it from a backup.' },
  ],
]);

/** The system's error if a file lies on a file system that is mounted read-only, which SQLite does not tell from missing rights. */
function readOnlyError(file: string): unknown {
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    if (errorCode(error) === 'EROFS') return error;
  }
  return undefined;
}

/** The operating system's error behind one of SQLite's, as Node would have thrown it. */
function systemError(cause: unknown): Error | undefined {
  if (typeof cause !== 'object' || cause === null || !('systemErrno' in cause)) return undefined;
  const { systemErrno } = cause;
  if (typeof systemErrno !== 'number' || systemErrno <= 0) return undefined;
  return Object.assign(new Error(getSystemErrorName(-systemErrno), { cause }), {
    code: getSystemErrorName(-systemErrno),
  });
}
