import { dirname } from 'node:path';
import { openArtifacts } from '../artifacts/open-artifacts.js';
import { DEFAULT_SOURCE, type SourceOptions } from '../source-options.js';
import type { TrackingStore } from '../tracking-store.js';
import { parseDatabaseUri } from './database-uri.js';
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
  { warn = (message) => process.emitWarning(message), windowPoints, ...source }: Options,
): TrackingStore {
  const options: SqlStoreOptions = {
    warn,
    ...(source.workspace !== undefined && { workspace: source.workspace }),
    ...(windowPoints !== undefined && { windowPoints }),
  };
  const artifactsBelow = (root: string) => openArtifacts({ ...DEFAULT_SOURCE, ...source, root });
  const address = parseDatabaseUri(uri, dialect);
  if (address.dialect === 'sqlite') {
    const database = new SqliteDatabase(address);
    return new SqlStore(database, artifactsBelow(dirname(database.file)), options);
  }
  const database =
    address.dialect === 'mysql' ? new MysqlDatabase(address, warn) : new PostgresqlDatabase(address, warn);
  return new SqlStore(database, artifactsBelow(process.cwd()), options);
}
