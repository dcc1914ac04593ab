import type mysql from 'mysql2';
import type { PointBatch } from '../../../model.js';
import { BATCH_POINTS } from '../../file/point-columns.js';
import { abortable } from '../abortable.js';
import type { Query, Row, RunRows } from '../database.js';
import type { ServerAddress } from '../database-uri.js';
import { mysqlDriver } from '../drivers.js';
import { MetricColumns } from '../metric-columns.js';
import type { MetricTable } from '../metric-table.js';
import { ServerDatabase } from '../server-database.js';
import { serverError } from '../server-error.js';
import { connectionSettings } from './connection-settings.js';

/** Identifiers as in the other databases, backslashes as the driver escapes them, and time for a consumer that is slow. */
const SESSION = `SET SESSION sql_mode = 'ANSI_QUOTES', SESSION net_write_timeout = 600`;
const BEGIN = [
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

const POINT = 'timestamp, step, CASE WHEN is_nan THEN NULL ELSE value END';

/** A row of the binary protocol: int64 beyond 2^53 as digits. */
type PointRow = [timestamp: number | string, step: number | string, value: number | null, key?: string];

/** A MySQL or MariaDB database. Connections are opened as they are needed: one for each query and history under way. */
export class MysqlDatabase extends ServerDatabase {
  readonly uri: string;
  protected readonly schemaCondition = '= database()';
  readonly #pool: mysql.Pool;
  readonly #ready = new WeakSet<mysql.PoolConnection>();

  constructor(address: ServerAddress) {
    super();
    this.uri = address.uri;
    this.#pool = mysqlDriver().createPool({ ...connectionSettings(address), connectionLimit: 1000 });
  }

  async snapshot<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T> {
    const connection = await this.#begin(signal);
    try {
      const working = work((sql, parameters = []) => queryText(connection, sql, parameters));
      const result = await abortable(working, signal, () => connection.destroy());
      await command(connection, 'COMMIT');
      connection.release();
      return result;
    } catch (cause) {
      connection.destroy();
      signal.throwIfAborted();
      throw serverError(cause, this.uri);
    }
  }

  protected async loadWhere(
    runId: string,
    condition: string,
    parameters: readonly string[],
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<void> {
    const sql = `SELECT ${POINT}, "key" FROM metrics WHERE run_uuid = ? AND (${condition})`;
    for await (const row of this.#points(sql, [runId, ...parameters], signal)) push(into.of(row[3] ?? ''), row);
  }

  async *stream({ runId }: RunRows, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const columns = new MetricColumns(BATCH_POINTS);
    const sql = `SELECT ${POINT} FROM metrics WHERE run_uuid = ? AND "key" = ? ORDER BY timestamp, step, value, is_nan`;
    for await (const row of this.#points(sql, [runId, key], signal)) {
      push(columns, row);
      if (columns.length < BATCH_POINTS) continue;
      yield* columns.batches();
      columns.clear();
    }
    yield* columns.batches();
  }

  close(): Promise<void> {
    return new Promise((settle, reject) => this.#pool.end((error) => (error ? reject(error) : settle())));
  }

  async *#points(
    sql: string,
    parameters: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<PointRow, void, void> {
    const connection = await this.#begin(signal);
    let whole = false;
    const abort = (): void => void stream.destroy(signal.reason);
    const stream = connection.execute({ sql, rowsAsArray: true }, [...parameters]).stream({ highWaterMark: 1024 });
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      for await (const row of stream) yield row as PointRow;
      await command(connection, 'COMMIT');
      whole = true;
    } catch (cause) {
      signal.throwIfAborted();
      throw serverError(cause, this.uri);
    } finally {
      signal.removeEventListener('abort', abort);
      // one that was left half way has rows to come that nobody wants
      if (whole) connection.release();
      else connection.destroy();
    }
  }

  async #begin(signal: AbortSignal): Promise<mysql.PoolConnection> {
    signal.throwIfAborted();
    const connecting = this.#connect();
    let connection: mysql.PoolConnection | undefined;
    try {
      connection = await abortable(
        connecting,
        signal,
        () =>
          void connecting.then(
            (late) => late.destroy(),
            () => {},
          ),
      );
      for (const sql of BEGIN) await abortable(command(connection, sql), signal, () => undefined);
      return connection;
    } catch (cause) {
      connection?.destroy();
      signal.throwIfAborted();
      throw serverError(cause, this.uri);
    }
  }

  async #connect(): Promise<mysql.PoolConnection> {
    const connection = await new Promise<mysql.PoolConnection>((settle, reject) =>
      this.#pool.getConnection((error, found) => (error ? reject(error) : settle(found))),
    );
    if (this.#ready.has(connection)) return connection;
    // a connection that breaks says so to whoever uses it
    connection.on('error', () => undefined);
    await command(connection, SESSION);
    this.#ready.add(connection);
    return connection;
  }
}

function command(connection: mysql.PoolConnection, sql: string): Promise<void> {
  return new Promise((settle, reject) => connection.query(sql, (error) => (error ? reject(error) : settle())));
}

function queryText(connection: mysql.PoolConnection, sql: string, parameters: readonly string[]): Promise<Row[]> {
  return new Promise((settle, reject) =>
    connection.query<mysql.RowDataPacket[][]>(
      { sql, values: [...parameters], rowsAsArray: true, typeCast: (field) => field.string() },
      (error, rows) => (error ? reject(error) : settle(rows as unknown as Row[])),
    ),
  );
}

function push(into: MetricColumns, [timestamp, step, value]: PointRow): void {
  into.push(Number(timestamp), value ?? Number.NaN, step);
}
