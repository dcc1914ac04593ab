import { closeSync, readSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { ConvertError, type ErrorCode, type ErrorKind, errorCode, toConvertError } from '../../../errors.js';
import { sqliteDriver } from '../../../sqlite/driver.js';
import { SqliteCode, sqliteCode } from '../../../sqlite/errors.js';
import { sleep } from '../../../wait.js';
import { EventLoopTurns } from '../../common/event-loop.js';
import { openRegular } from '../../local/regular-file.js';
import type { SqliteAddress } from '../database-uri.js';

/** A value as the binding returns it. */
export type SqliteCell = string | number | bigint | null | Uint8Array;

export interface StatementOptions {
  /** The type of integers in the result. As numbers, integers beyond 2^53 are an error. */
  readonly integers?: 'number' | 'bigint';
  /** Receives the milliseconds that the statement took, without the wait for locks. */
  readonly took?: (milliseconds: number) => void;
}

/** How long to retry a locked database without pauses, and with pauses of 1 ms; after that, the pause. Milliseconds. */
const SHORT_WAIT = 100;
const LONG_WAIT = 2000;
const PAUSE = 25;
/** A training process locks the database for one commit. Whoever locks it for a minute means to keep it. */
const LOCK_TIMEOUT = 60_000;

/**
 * A read-only connection to a SQLite file that others may be writing to. Each statement runs to its end at once and holds the file's
 * lock no longer than that. A statement that meets a lock is retried, and this thread does other work meanwhile.
 */
export class SqliteConnection {
  /** `sqlite:///` and the absolute path. */
  readonly uri: string;
  readonly path: string;
  readonly #database: DatabaseSyncInstance;
  readonly #statements = new Map<string, StatementSyncInstance>();
  readonly #turns = new EventLoopTurns();

  constructor(address: SqliteAddress) {
    this.path = findFile(address.paths);
    this.uri = `sqlite:///${this.path}`;
    try {
      const name = address.immutable ? `${pathToFileURL(this.path).href}?immutable=1` : this.path;
      this.#database = new (sqliteDriver().DatabaseSync)(name, { readOnly: true, timeout: 0, returnArrays: true });
      // SQLite refuses any statement that would write
      this.#database.exec('PRAGMA query_only = 1');
    } catch (cause) {
      throw this.#explain(cause);
    }
  }

  /**
   * Runs a statement that takes a few tens of milliseconds at most, and returns its rows as arrays. Rejects with the signal's
   * reason if that is aborted.
   */
  async all(
    sql: string,
    parameters: readonly (string | number)[],
    signal: AbortSignal,
    { integers = 'number', took }: StatementOptions = {},
  ): Promise<SqliteCell[][]> {
    const since = performance.now();
    for (;;) {
      await this.#turns.pause(signal);
      try {
        const began = performance.now();
        const rows = this.#prepare(sql, integers).all(...parameters) as SqliteCell[][];
        took?.(performance.now() - began);
        return rows;
      } catch (cause) {
        if (!isBusy(cause)) throw this.#explain(cause);
        if (performance.now() - since > LOCK_TIMEOUT) throw this.#explain(cause);
      }
      await this.#wait(performance.now() - since, signal);
    }
  }

  close(): void {
    if (!this.#database.isOpen) return;
    this.#statements.clear();
    this.#database.close();
  }

  /**
   * A writer locks readers out while it waits for its disk, a few milliseconds for each commit. One that commits continuously leaves
   * gaps of some tenths of a millisecond, which a reader that retries rarely would miss.
   */
  async #wait(waited: number, signal: AbortSignal): Promise<void> {
    if (waited < SHORT_WAIT) await nextTurn();
    else await sleep(waited < LONG_WAIT ? 1 : PAUSE, signal).catch(() => undefined);
  }

  #prepare(sql: string, integers: 'number' | 'bigint'): StatementSyncInstance {
    const known = this.#statements.get(integers + sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    statement.setReadBigInts(integers === 'bigint');
    // statements differ in the number of their parameters; those for full pages are used again and again
    if (this.#statements.size >= 100) this.#statements.clear();
    this.#statements.set(integers + sql, statement);
    return statement;
  }

  #explain(cause: unknown): ConvertError {
    if (cause instanceof ConvertError) return cause;
    const {
      kind = 'fatal',
      code,
      says,
      hint,
    } = EXPLANATIONS.get(sqliteCode(cause) ?? -1) ?? {
      kind: 'skip-run',
      code: 'io-error',
      says: `cannot be read: ${messageOf(cause)}`,
      hint: undefined,
    };
    return new ConvertError(kind, code, `The SQLite database ${this.path} ${says}.`, {
      where: this.path,
      cause,
      ...(hint !== undefined && { hint }),
    });
  }
}

interface Explanation {
  /** `fatal` by default. */
  readonly kind?: ErrorKind;
  readonly code: ErrorCode;
  readonly says: string;
  readonly hint?: string;
}

const EXPLANATIONS: ReadonlyMap<number, Explanation> = new Map([
  [
    SqliteCode.BUSY,
    {
      code: 'busy',
      says: 'has been locked by another program for a minute',
      hint: 'Run again when that program has released it.',
    },
  ],
  [
    SqliteCode.READ_ONLY,
    {
      code: 'permission-denied',
      says: 'was left in the middle of a write, and its journal has to be rolled back first',
      hint: 'Open it once with MLflow or the sqlite3 command, which do that.',
    },
  ],
  [
    SqliteCode.CANNOT_OPEN,
    {
      code: 'permission-denied',
      says: 'cannot be opened',
      hint: 'Give this user read access to it. A database in WAL mode also needs write access to its directory.',
    },
  ],
  [SqliteCode.NOT_A_DATABASE, { code: 'not-mlflow', says: 'is not a SQLite database, or is encrypted' }],
  [
    SqliteCode.CORRUPT,
    {
      kind: 'skip-run',
      code: 'damaged-file',
      says: 'is damaged',
      hint: 'Repair it (sqlite3 FILE .recover) or restore a backup.',
    },
  ],
]);

/** A pragma that is read as a table reports a lock with an error code of its own. */
function isBusy(cause: unknown): boolean {
  return sqliteCode(cause) === SqliteCode.BUSY || messageOf(cause).includes('database is locked');
}

function messageOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : String(cause);
}

/** SQLite's own errors do not tell a missing file from a directory. */
function findFile(paths: readonly string[]): string {
  const path = paths.find((each) => statSync(each, { throwIfNoEntry: false }) !== undefined) ?? paths[0] ?? '';
  const hint = 'Check the path: sqlite:///relative.db has three slashes, sqlite:////absolute.db four.';
  try {
    if (!statSync(path).isFile())
      throw new ConvertError('fatal', 'wrong-type', `${path} is not a file.`, { where: path, hint });
    closeSync(openAndCheck(path, hint));
    return path;
  } catch (cause) {
    if (cause instanceof ConvertError) throw cause;
    const { code, message } = toConvertError(cause, 'fatal', path);
    throw new ConvertError('fatal', code === 'not-found' ? 'source-not-found' : code, message, {
      where: path,
      cause,
      ...(errorCode(cause) === 'ENOENT' && { hint }),
    });
  }
}

function openAndCheck(path: string, hint: string): number {
  const { fd: file } = openRegular(path);
  const magic = Buffer.alloc(16);
  const length = readSync(file, magic, 0, magic.length, 0);
  if (length === magic.length && magic.toString('latin1') === 'SQLite format 3\0') return file;
  closeSync(file);
  const what = length === 0 ? 'is empty' : 'is not a SQLite database';
  throw new ConvertError('fatal', 'not-mlflow', `${path} ${what}.`, { where: path, hint });
}
