import { dirname, join } from 'node:path';
import { DEFAULT_SOURCE, type SourceOptions } from '../options.js';
import { openArtifacts } from './artifacts/open-artifacts.js';
import type { StoreListener, TrackingStore } from './common/tracking-store.js';
import { parseDatabaseUri } from './sql/database-uri.js';
import { MysqlDatabase } from './sql/mysql/mysql-database.js';
import { PostgresqlDatabase } from './sql/postgresql/postgresql-database.js';
import { SqlStore, type SqlStoreOptions } from './sql/sql-store.js';
import { SqliteDatabase } from './sql/sqlite/sqlite-database.js';
import { trustOf } from './trust/trust.js';

/** The directories that MLflow creates beside a database for artifacts. */
const STORES: readonly string[] = ['mlruns', 'mlartifacts'];

type Options = Partial<SourceOptions> & Partial<StoreListener> & Partial<Pick<SqlStoreOptions, 'windowPoints'>>;

/**
 * Opens the database that a tracking URI names. A SQLite file is opened at once; a server is connected to on demand.
 *
 * @param dialect the scheme without `+driver`
 */
export function openSqlStore(
  uri: string,
  dialect: 'sqlite' | 'postgresql' | 'mysql',
  { warn = ({ message }) => process.emitWarning(message), retrying = () => {}, windowPoints, ...source }: Options,
): TrackingStore {
  const options: SqlStoreOptions = {
    warn,
    ...(source.workspace !== undefined && { workspace: source.workspace }),
    ...(windowPoints !== undefined && { windowPoints }),
  };
  const artifacts = { ...DEFAULT_SOURCE, ...source, retrying };
  const address = parseDatabaseUri(uri, dialect);
  if (address.dialect === 'sqlite') {
    const database = new SqliteDatabase(address);
    const root = dirname(database.file);
    const trust = trustOf(source, { stores: STORES.map((name) => join(root, name)) });
    return new SqlStore(database, openArtifacts({ ...artifacts, root, trust }), options);
  }
  const Server = address.dialect === 'mysql' ? MysqlDatabase : PostgresqlDatabase;
  const database = new Server(address, { warn, retrying });
  return new SqlStore(database, openArtifacts({ ...artifacts, root: process.cwd() }), options);
}
