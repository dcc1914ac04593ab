import { closeSync, readSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { ConvertError, type ErrorKind, errorCode, toConvertError } from '../../../errors.js';
import { sqliteDriver } from '../../../sqlite/driver.js';
import { SqliteCode, sqliteCode } from '../../../sqlite/errors.js';
import { sleep } from '../../../wait.js';
import { EventLoopTurns } from '../../common/event-loop.js';
import { openRegular } from '../../local/regular-file.js';
import type { SqliteAddress } from '../database-uri.js';

/** A cell as the binding gives it. */
export type SqliteCell = string | number | bigint | null | Uint8Array;

export interface StatementOptions {
  /** How integers come; as numbers, one beyond 2^53 is an error. */
  readonly integers?: 'number' | 'bigint';
  /** Told how many milliseconds the statement took, without waiting for others. */
  readonly took?: (milliseconds: number) => void;
}

/** Milliseconds of asking again and again, and of asking often. */
const SHORT_WAIT = 100;
const LONG_WAIT = 2000;
const PAUSE = 25;
/** A training process holds the database for the length of a commit; a minute is somebody who locked it for himself. */
const PATIENCE = 60_000;

/**
 * A read-only connection to a SQLite file that others may be writing to. Each statement is run to its end at once, so
 * that it holds the file's lock for as long as its rows take and no longer; one that meets a writer is tried again, while this
 * thread does something else.
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
      // an SQL statement that writes is refused before it begins
      this.#database.exec('PRAGMA query_only = 1');
    } catch (cause) {
      throw this.#explain(cause);
    }
  }

  /**
   * All rows of a statement that takes some tens of milliseconds at most, as arrays. Rejects with the signal's reason when
   * that is aborted.
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
        if (performance.now() - since > PATIENCE) throw this.#explain(cause);
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
   * A writer keeps readers out while it waits for its disk, some milliseconds for each commit; one that commits all the time
   * leaves gaps of some tenths of a millisecond between. Whoever looks only now and then misses them.
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
    // pages of every length come by; those of full length are the ones that come again
    if (this.#statements.size >= 100) this.#statements.clear();
    this.#statements.set(integers + sql, statement);
    return statement;
  }

  #explain(cause: unknown): ConvertError {
    if (cause instanceof ConvertError) return cause;
    const {
      kind = 'fatal',
      says,
      hint,
    } = EXPLANATIONS.get(sqliteCode(cause) ?? -1) ?? {
      kind: 'skip-run',
      says: `cannot be read: ${messageOf(cause)}`,
      hint: undefined,
    };
    return new ConvertError(kind, `The SQLite database ${this.path} ${says}.`, {
      where: this.path,
      cause,
      ...(hint !== undefined && { hint }),
    });
  }
}

interface Explanation {
  /** Fatal without one. */
  readonly kind?: ErrorKind;
  readonly says: string;
  readonly hint?: string;
}

const EXPLANATIONS: ReadonlyMap<number, Explanation> = new Map([
  [
    SqliteCode.BUSY,
    { says: 'has been locked by another program for a minute', hint: 'Run again when that program lets go of it.' },
  ],
  [
    SqliteCode.READ_ONLY,
    {
      says: 'was left in the middle of a write, and its journal has to be played back first',
      hint: 'Open it once with MLflow or with the sqlite3 command, which does that.',
    },
  ],
  [
    SqliteCode.CANNOT_OPEN,
    {
      says: 'cannot be opened',
      hint: 'Give this user the right to read it; one in WAL mode also needs the right to write to its directory.',
    },
  ],
  [SqliteCode.NOT_A_DATABASE, { says: 'is no SQLite database, or is encrypted' }],
  [
    SqliteCode.CORRUPT,
    { kind: 'skip-run', says: 'is damaged', hint: 'Repair it (sqlite3 FILE .recover) or take a backup.' },
  ],
]);

/** A pragma that is read as a table meets the lock inside, and tells it as an error of its own. */
function isBusy(cause: unknown): boolean {
  return sqliteCode(cause) === SqliteCode.BUSY || messageOf(cause).includes('database is locked');
}

function messageOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : String(cause);
}

/** SQLite would take a directory or a missing file for something to create, and explain neither. */
function findFile(paths: readonly string[]): string {
  const path = paths.find((each) => statSync(each, { throwIfNoEntry: false }) !== undefined) ?? paths[0] ?? '';
  const hint = 'Check the path: sqlite:///relative.db has three slashes, sqlite:////absolute.db four.';
  try {
    if (!statSync(path).isFile()) throw new ConvertError('fatal', `${path} is no file.`, { where: path, hint });
    closeSync(openAndCheck(path, hint));
    return path;
  } catch (cause) {
    if (cause instanceof ConvertError) throw cause;
    const { message } = toConvertError(cause, 'fatal', path);
    throw new ConvertError('fatal', message, { where: path, cause, ...(errorCode(cause) === 'ENOENT' && { hint }) });
  }
}

function openAndCheck(path: string, hint: string): number {
  const { fd: file } = openRegular(path);
  const magic = Buffer.alloc(16);
  const length = readSync(file, magic, 0, magic.length, 0);
  if (length === magic.length && magic.toString('latin1') === 'SQLite format 3\0') return file;
  closeSync(file);
  const what = length === 0 ? 'is empty' : 'is no SQLite database';
  throw new ConvertError('fatal', `${path} ${what}.`, { where: path, hint });
}
