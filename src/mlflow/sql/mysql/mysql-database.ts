import type { ServerAddress } from '../database-uri.js';
import { ServerDatabase } from '../server-database.js';
import { type ConnectionSettings, connectionSettings } from './connection-settings.js';
import { readCatalog } from './mysql-catalog.js';
import { MysqlConnection } from './mysql-connection.js';

/** A MySQL or MariaDB database. */
export class MysqlDatabase extends ServerDatabase<MysqlConnection> {
  protected readonly readCatalog = readCatalog;
  readonly #settings: ConnectionSettings;

  constructor(address: ServerAddress, warn: (message: string) => void) {
    super(address.uri, warn);
    this.#settings = connectionSettings(address);
  }

  protected open(signal: AbortSignal): Promise<MysqlConnection> {
    return MysqlConnection.open(this.#settings, signal);
  }
}
