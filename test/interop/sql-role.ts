import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './sql-server.js';

/** The tables that a conversion reads. */
export const TABLES_READ = [
  'experiments',
  'experiment_tags',
  'runs',
  'params',
  'tags',
  'metrics',
  'latest_metrics',
  'datasets',
  'inputs',
  'input_tags',
  'logged_models',
  'logged_model_params',
  'logged_model_tags',
  'logged_model_metrics',
  'alembic_version',
];

/** A user of a database server who may do nothing that was not granted. */
export interface TestRole {
  /** As SQL names it. */
  readonly name: string;
  /** The database's tracking URI, for this user. */
  readonly uri: string;
  grant(...tables: readonly string[]): Promise<void>;
  revoke(...tables: readonly string[]): Promise<void>;
  drop(): Promise<void>;
}

/** A user who may see no table. */
export async function createRole(database: TestDatabase): Promise<TestRole> {
  const user = `reader_${process.pid}_${randomBytes(3).toString('hex')}`;
  const isMysql = database.dialect === 'mysql';
  const name = isMysql ? `'${user}'@'%'` : user;
  const url = new URL(database.uri);
  [url.username, url.password] = [user, 'secret'];
  const schema = url.pathname.slice(1);
  if (isMysql) {
    await database.run(`CREATE USER ${name} IDENTIFIED BY 'secret'`);
    // the right to one table of its own lets it into the database
    await database.run('CREATE TABLE somebody_elses (id int)');
    await database.run(`GRANT SELECT ON \`${schema}\`.somebody_elses TO ${name}`);
  } else {
    await database.run(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
  }
  const each = async (tables: readonly string[], statement: (table: string) => string): Promise<void> => {
    for (const table of tables) await database.run(statement(isMysql ? `\`${schema}\`.${table}` : table));
  };
  return {
    name,
    uri: url.href,
    grant: (...tables) => each(tables, (table) => `GRANT SELECT ON ${table} TO ${name}`),
    revoke: (...tables) => each(tables, (table) => `REVOKE SELECT ON ${table} FROM ${name}`),
    drop: async () => {
      if (!isMysql) await database.run(`DROP OWNED BY ${name}`);
      await database.run(`DROP ${isMysql ? 'USER' : 'ROLE'} ${name}`);
    },
  };
}
