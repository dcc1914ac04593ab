import type { ServerAddress } from '../database-uri.js';
import { ServerDatabase } from '../server-database.js';
import type { ServerListener } from '../transactions.js';
import { readMysqlCatalog } from './mysql-catalog.js';
import { MysqlConnection } from './mysql-connection.js';
import { type MysqlSettings, mysqlSettings } from './mysql-settings.js';

/** A MySQL or MariaDB database. */
export class MysqlDatabase extends ServerDatabase<MysqlConnection> {
  protected readonly readCatalog = readMysqlCatalog;
  readonly #settings: MysqlSettings;

  constructor(address: ServerAddress, listener: ServerListener) {
    super(address.uri, listener);
    this.#settings = mysqlSettings(address);
  }

  protected open(signal: AbortSignal): Promise<MysqlConnection> {
    return MysqlConnection.open(this.#settings, signal);
  }
}
