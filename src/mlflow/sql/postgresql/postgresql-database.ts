import type pg from 'pg';
import { errorCode } from '../../../errors.js';
import type { WhichRuns } from '../database.js';
import type { ServerAddress } from '../database-uri.js';
import { ServerDatabase } from '../server-database.js';
import { NO_TLS } from '../server-meanings.js';
import type { ServerListener } from '../transactions.js';
import { readPostgresqlCatalog } from './postgresql-catalog.js';
import { PostgresqlConnection } from './postgresql-connection.js';
import { type PostgresqlSettings, postgresqlSettings } from './postgresql-settings.js';

/** A PostgreSQL database. */
export class PostgresqlDatabase extends ServerDatabase<PostgresqlConnection> {
  protected readonly readCatalog = readPostgresqlCatalog;
  readonly #settings: PostgresqlSettings;
  #plain = false;
  #checked = false;

  constructor(address: ServerAddress, listener: ServerListener) {
    super(address.uri, listener);
    this.#settings = postgresqlSettings(address);
  }

  override async *runIds(
    experimentId: string,
    which: WhichRuns,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[], void, void> {
    await this.#checkIndex(signal);
    yield* super.runIds(experimentId, which, signal);
  }

  /** With sslmode=prefer, the default, falls back to a connection without TLS. */
  protected async open(signal: AbortSignal): Promise<PostgresqlConnection> {
    const { config, tls } = this.#settings;
    try {
      return await this.#openBy(this.#plain ? { ...config, ssl: false } : config, signal);
    } catch (cause) {
      if (this.#plain || tls !== 'preferred' || errorCode(cause) !== NO_TLS) throw cause;
      this.#plain = true;
      return this.#openBy({ ...config, ssl: false }, signal);
    }
  }

  #openBy(config: pg.ClientConfig, signal: AbortSignal): Promise<PostgresqlConnection> {
    return PostgresqlConnection.open(config, this.#settings.timeout, signal);
  }

  async #checkIndex(signal: AbortSignal): Promise<void> {
    if (this.#checked) return;
    this.#checked = true;
    const sql = `SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      WHERE i.indrelid = to_regclass('metrics') AND a.attname = 'run_uuid'`;
    const [[count] = []] = await this.snapshot((query) => query(sql), signal);
    if (count !== '0') return;
    this.listener.warn({
      code: 'missing-index',
      message: 'The table metrics has no index on run_uuid (MLflow before 1.25): reading a run scans the whole table.',
    });
  }
}
