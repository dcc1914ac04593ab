import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type mysql from 'mysql2';
import type { Row } from '../database.js';
import { mysqlDriver } from '../drivers.js';
import type { MetricColumns } from '../metric-columns.js';
import { MetricTable } from '../metric-table.js';
import { asLost, type Backend, type BackendState, connected, type ServerConnection } from '../server-connection.js';
import type { MysqlSettings } from './mysql-settings.js';

/**
 * Quotes identifiers as the other databases do. A suspended process or machine must not keep a table from being altered: the server closes
 * a connection that accepts no bytes for a minute, or is idle in a transaction.
 */
const SESSION =
  "SET SESSION sql_mode = 'ANSI_QUOTES', SESSION net_write_timeout = 60, SESSION wait_timeout = 60, SESSION net_read_timeout = 60";

const BEGIN = [
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

/** Proxies answer `connection_id()` themselves, but not if the query has a table. */
const SERVER_ID = 'SELECT connection_id(), @@hostname FROM information_schema.processlist WHERE id = connection_id()';

const STATE = `SELECT @@hostname, p.command, p.state FROM (SELECT 1 AS one) one
  LEFT JOIN information_schema.processlist p ON p.id = ?`;

/** Statements that change tables, as far as this user may see them. */
const HOLDERS = `SELECT group_concat('connection ', id, ' (', left(info, 100), ')' SEPARATOR ', ')
  FROM information_schema.processlist WHERE id <> ? AND id <> connection_id()
  AND (info LIKE 'ALTER %' OR info LIKE 'LOCK TABLE%' OR info LIKE 'CREATE %' OR info LIKE 'DROP %' OR info LIKE 'OPTIMIZE %')`;

const POINT = 'timestamp, step, CASE WHEN is_nan THEN NULL ELSE value END';

/** The number of rows that the driver reads ahead, and after which the reader may take what has arrived. */
const ROWS_AHEAD = 1024;

/** A row of the binary protocol: int64 beyond 2^53 as digits. */
type PointRow = [timestamp: number | string, step: number | string, value: number | null, key?: string];

/** A connection of the `mysql2` package. */
export class MysqlConnection implements ServerConnection {
  backend: Backend | undefined;

  private constructor(
    readonly socket: Socket,
    private readonly driver: mysql.Connection,
  ) {}

  static async open({ address, config, timeout }: MysqlSettings, signal: AbortSignal): Promise<MysqlConnection> {
    const socket = connect(address).setNoDelay(true).setKeepAlive(true, 30_000);
    const driver = mysqlDriver().createConnection({ ...config, stream: () => socket });
    // a broken connection is reported to whoever is using it; an unused one is no loss
    driver.on('error', () => undefined);
    const connection = new MysqlConnection(socket, driver);
    const connecting = new Promise<void>((settle, reject) =>
      driver.connect((error) => (error ? reject(error) : settle())),
    );
    await connected(
      connecting.then(() => connection.#arrange()),
      socket,
      timeout,
      signal,
    );
    return connection;
  }

  async begin(): Promise<void> {
    for (const sql of BEGIN) await this.#command(sql);
  }

  commit(): Promise<void> {
    return this.#command('COMMIT');
  }

  readonly query = (sql: string, parameters: readonly string[] = []): Promise<Row[]> =>
    new Promise((settle, reject) =>
      this.driver.query<mysql.RowDataPacket[][]>(
        { sql, values: [...parameters], rowsAsArray: true, typeCast: (field) => field.string() },
        (error, rows) => (error ? reject(asLost(error, this)) : settle(rows as unknown as Row[])),
      ),
    );

  async *points(
    condition: string,
    parameters: readonly string[],
    into: MetricTable | MetricColumns,
  ): AsyncGenerator<void, void, void> {
    const keyed = into instanceof MetricTable;
    const sql = `SELECT ${POINT}${keyed ? ', "key"' : ''} FROM metrics WHERE ${condition}`;
    let rows = 0;
    for await (const row of this.#rows(sql, parameters)) {
      push(keyed ? into.of(row[3] ?? '') : into, row);
      if (++rows % ROWS_AHEAD === 0) yield;
    }
    if (rows % ROWS_AHEAD > 0) yield;
  }

  async stateOf({ id, server }: Backend): Promise<BackendState> {
    const [[itself, command, state] = []] = await this.query(STATE, [id]);
    if (itself !== server) return { is: 'unknown' };
    if (command === null || command === 'Sleep') return { is: 'done' };
    if (state?.startsWith('Waiting for') && state.endsWith('lock')) {
      const [[holders] = []] = await this.query(HOLDERS, [id]);
      const what = `a ${state.slice('Waiting for '.length)}`;
      return { is: 'locked', lock: holders ? `${what}, requested or held by ${holders.replace(/\s+/g, ' ')}` : what };
    }
    return { is: state === 'Writing to net' || state === 'Sending to client' ? 'done' : 'busy' };
  }

  leave(): void {
    this.driver.end(() => undefined);
  }

  async #arrange(): Promise<void> {
    await this.#command(SESSION);
    const [[id, server] = []] = await this.query(SERVER_ID);
    const isDirect = id === String(this.driver.threadId);
    if (isDirect && server) this.backend = { id, server };
  }

  async *#rows(sql: string, parameters: readonly string[]): AsyncGenerator<PointRow, void, void> {
    let stream: Readable | undefined;
    // the driver reports a broken connection to nobody but the connection
    const broken = (error: Error): void => void stream?.destroy(error);
    this.driver.on('error', broken);
    try {
      stream = this.driver.execute({ sql, rowsAsArray: true }, [...parameters]).stream({ highWaterMark: ROWS_AHEAD });
      for await (const row of stream) yield row as PointRow;
    } catch (cause) {
      throw asLost(cause, this);
    } finally {
      this.driver.removeListener('error', broken);
    }
  }

  #command(sql: string): Promise<void> {
    return new Promise((settle, reject) =>
      this.driver.query(sql, (error) => (error ? reject(asLost(error, this)) : settle())),
    );
  }
}

function push(into: MetricColumns, [timestamp, step, value]: PointRow): void {
  into.push(Number(timestamp), value ?? Number.NaN, step);
}
