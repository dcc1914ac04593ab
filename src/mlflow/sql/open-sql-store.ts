import { dirname } from 'node:path';
import type { SourceOptions } from '../source-options.js';
import type { TrackingStore } from '../tracking-store.js';
import { parseDatabaseUri } from './database-uri.js';
import { LocalArtifacts } from './local-artifacts.js';
import { MysqlDatabase } from './mysql/mysql-database.js';
import { PostgresqlDatabase } from './postgresql/postgresql-database.js';
import { SqlStore, type SqlStoreOptions } from './sql-store.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';

type Options = Partial<SourceOptions> & Partial<Pick<SqlStoreOptions, 'warn' | 'windowPoints'>>;

/**
 * Opens the database that a tracking URI names. SQLite files are opened at once, servers are connected to when something is asked
 * of them.
 *
 * @param dialect the scheme without `+driver`
 */
export function openSqlStore(
  uri: string,
  dialect: 'sqlite' | 'postgresql' | 'mysql',
  { workspace, warn = (message) => process.emitWarning(message), windowPoints }: Options,
): TrackingStore {
  const options: SqlStoreOptions = {
    warn,
    ...(workspace !== undefined && { workspace }),
    ...(windowPoints !== undefined && { windowPoints }),
  };
  const address = parseDatabaseUri(uri, dialect);
  if (address.dialect === 'sqlite') {
    const database = new SqliteDatabase(address);
    return new SqlStore(database, new LocalArtifacts([dirname(database.path), process.cwd()]), options);
  }
  const database = address.dialect === 'mysql' ? new MysqlDatabase(address) : new PostgresqlDatabase(address, warn);
  return new SqlStore(database, new LocalArtifacts([process.cwd()]), options);
}
