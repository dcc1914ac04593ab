import type { Warn } from '../../../events.js';
import type { ServerAddress } from '../database-uri.js';
import { ServerDatabase } from '../server-database.js';
import { readMysqlCatalog } from './mysql-catalog.js';
import { MysqlConnection } from './mysql-connection.js';
import { type MysqlSettings, mysqlSettings } from './mysql-settings.js';

/** A MySQL or MariaDB database. */
export class MysqlDatabase extends ServerDatabase<MysqlConnection> {
  protected readonly readCatalog = readMysqlCatalog;
  readonly #settings: MysqlSettings;

  constructor(address: ServerAddress, warn: Warn) {
    super(address.uri, warn);
    this.#settings = mysqlSettings(address);
  }

  protected open(signal: AbortSignal): Promise<MysqlConnection> {
    return MysqlConnection.open(this.#settings, signal);
  }
}
