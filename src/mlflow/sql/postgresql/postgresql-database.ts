import type { Readable } from 'node:stream';
import type pg from 'pg';
import type { PointBatch } from '../../../model.js';
import { BATCH_POINTS } from '../../file/point-columns.js';
import { abortable } from '../abortable.js';
import type { Query, Row, RunRows, WhichRuns } from '../database.js';
import type { ServerAddress } from '../database-uri.js';
import { copyStreams, postgresqlDriver } from '../drivers.js';
import { MetricColumns } from '../metric-columns.js';
import type { MetricTable } from '../metric-table.js';
import { ServerDatabase } from '../server-database.js';
import { serverError } from '../server-error.js';
import { type ConnectionSettings, connectionSettings } from './connection-settings.js';
import { COPIED, CopyRows } from './copy-rows.js';

// Cannot write, sees one state of the database, and may take its time: a consumer that is slow is no query that hangs.
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`;

/** All values as the text that PostgreSQL sends. */
const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value.toString() };

const NO_TLS = /does not support SSL/;

/** A PostgreSQL database. Connections are opened as they are needed: one for each query and history under way. */
export class PostgresqlDatabase extends ServerDatabase {
  readonly uri: string;
  protected readonly schemaCondition = '= ANY (current_schemas(false))';
  readonly #settings: ConnectionSettings;
  readonly #warn: (message: string) => void;
  #pool: pg.Pool;
  #plain = false;
  #checked = false;

  constructor(address: ServerAddress, warn: (message: string) => void) {
    super();
    this.uri = address.uri;
    this.#warn = warn;
    this.#settings = connectionSettings(address);
    this.#pool = this.#makePool(this.#settings.config);
  }

  async snapshot<T>(work: (query: Query) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#withClient(signal, async (client) => {
      await client.query(BEGIN);
      const result = await work((sql, parameters = []) => queryText(client, sql, parameters));
      await client.query('COMMIT');
      return result;
    });
  }

  override async *runIds(
    experimentId: string,
    which: WhichRuns,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[], void, void> {
    await this.#checkIndex(signal);
    yield* super.runIds(experimentId, which, signal);
  }

  protected async loadWhere(
    runId: string,
    condition: string,
    parameters: readonly string[],
    into: MetricTable,
    signal: AbortSignal,
  ): Promise<void> {
    const rows = new CopyRows(into);
    const sql = `SELECT ${COPIED}, key::text FROM metrics WHERE run_uuid = ? AND (${condition})`;
    for await (const chunk of this.#copy(withLiterals(sql, [runId, ...parameters]), signal)) rows.push(chunk);
    rows.end();
  }

  async *stream({ runId }: RunRows, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const { escapeLiteral } = postgresqlDriver();
    const columns = new MetricColumns(BATCH_POINTS);
    const rows = new CopyRows(columns);
    const sql = `SELECT ${COPIED} FROM metrics WHERE run_uuid = ${escapeLiteral(runId)} AND key = ${escapeLiteral(key)}
      ORDER BY timestamp, step, value, is_nan`;
    for await (const chunk of this.#copy(sql, signal)) {
      rows.push(chunk);
      if (columns.length < BATCH_POINTS / 2) continue;
      yield* columns.batches();
      columns.clear();
    }
    rows.end();
    yield* columns.batches();
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async *#copy(select: string, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
    const client = await this.#connect(signal);
    let whole = false;
    let stream: Readable | undefined;
    const abort = (): void => void stream?.destroy(signal.reason);
    try {
      await abortable(client.query(BEGIN), signal, () => undefined);
      stream = client.query(copyStreams().to(`COPY (${select}) TO STDOUT (FORMAT binary)`));
      signal.addEventListener('abort', abort);
      for await (const chunk of stream) {
        signal.throwIfAborted();
        yield chunk as Buffer;
      }
      await abortable(client.query('COMMIT'), signal, () => undefined);
      whole = true;
    } catch (cause) {
      signal.throwIfAborted();
      throw serverError(cause, this.uri);
    } finally {
      signal.removeEventListener('abort', abort);
      // one that was left half way has rows to come that nobody wants
      client.release(!whole);
    }
  }

  async #withClient<T>(signal: AbortSignal, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect(signal);
    let whole = false;
    try {
      const result = await abortable(work(client), signal, () => undefined);
      whole = true;
      return result;
    } catch (cause) {
      signal.throwIfAborted();
      throw serverError(cause, this.uri);
    } finally {
      client.release(!whole);
    }
  }

  async #connect(signal: AbortSignal): Promise<pg.PoolClient> {
    signal.throwIfAborted();
    const connecting = this.#connectOnce();
    try {
      return await abortable(
        connecting,
        signal,
        () =>
          void connecting.then(
            (client) => client.release(true),
            () => {},
          ),
      );
    } catch (cause) {
      signal.throwIfAborted();
      throw serverError(cause, this.uri);
    }
  }

  /** sslmode=prefer, the default: with TLS, and without where the server has none. */
  async #connectOnce(): Promise<pg.PoolClient> {
    const pool = this.#pool;
    try {
      return await pool.connect();
    } catch (cause) {
      const hasNone = cause instanceof Error && NO_TLS.test(cause.message);
      if (this.#settings.tls !== 'preferred' || !hasNone) throw cause;
      if (!this.#plain) {
        this.#plain = true;
        this.#pool = this.#makePool({ ...this.#settings.config, ssl: false });
        void pool.end();
      }
      return this.#pool.connect();
    }
  }

  #makePool(config: pg.ClientConfig): pg.Pool {
    const pool = new (postgresqlDriver().Pool)({ ...config, max: Number.MAX_SAFE_INTEGER, idleTimeoutMillis: 60_000 });
    // a connection that breaks says so to whoever uses it; one that nobody uses is no loss
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }

  async #checkIndex(signal: AbortSignal): Promise<void> {
    if (this.#checked) return;
    this.#checked = true;
    const sql = `SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = to_regclass('metrics') AND a.attname = 'run_uuid'`;
    const [[count] = []] = await this.snapshot((query) => query(sql), signal);
    if (count !== '0') return;
    this.#warn(
      'The table metrics has no index on run_uuid, as MLflow before 1.25 made it: each run takes a scan of the whole table.',
    );
  }
}

/** COPY takes no parameters. */
function withLiterals(sql: string, parameters: readonly string[]): string {
  const { escapeLiteral } = postgresqlDriver();
  let at = 0;
  return sql.replace(/\?/g, () => escapeLiteral(parameters[at++] ?? ''));
}

async function queryText(client: pg.PoolClient, sql: string, parameters: readonly string[]): Promise<Row[]> {
  let number = 0;
  const text = sql.replace(/\?/g, () => `$${++number}`);
  const { rows } = await client.query<(string | null)[]>({
    text,
    values: [...parameters],
    rowMode: 'array',
    types: AS_TEXT,
  });
  return rows;
}
