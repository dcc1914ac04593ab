import { randomBytes } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import pg from 'pg';
import { python } from './python.js';

export type ServerDialect = 'postgresql' | 'mysql';

/** A database that exists for one test file. */
export interface TestDatabase {
  readonly dialect: ServerDialect;
  /** As MLflow takes it, with driver, user and password. */
  readonly uri: string;
  /** Runs SQL with `?` for parameters and `"name"` for identifiers. */
  run(sql: string, parameters?: readonly unknown[]): Promise<void>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

const POSTGRESQL = process.env.MLFLOW2AIM_TEST_POSTGRESQL ?? 'postgresql://postgres@127.0.0.1:5432';
const MYSQL = process.env.MLFLOW2AIM_TEST_MYSQL ?? 'mysql://root@127.0.0.1:3306';

const POSTGRESQL_FOR_MLFLOW = POSTGRESQL.replace(/^postgresql:/, 'postgresql+psycopg2:');
const MYSQL_FOR_MLFLOW = MYSQL.replace(/^mysql:/, 'mysql+pymysql:');

/** The database from which the others have their tables; tear-down-interop.mjs drops it. */
const TEMPLATE = process.env.MLFLOW2AIM_TEST_TEMPLATE ?? 'mlflow2aim_template';

/**
 * Makes a database on the server that the environment names, by default the one on this machine. It has the tables that
 * MLflow makes: those take it seconds, so they are copied from a database in which it made them once.
 */
export async function createDatabase(dialect: ServerDialect): Promise<TestDatabase> {
  const name = `mlflow2aim_${process.pid}_${randomBytes(4).toString('hex')}`;
  return dialect === 'postgresql' ? postgresqlDatabase(name) : mysqlDatabase(name);
}

async function postgresqlDatabase(name: string): Promise<TestDatabase> {
  const admin = new pg.Client(`${POSTGRESQL}/postgres`);
  await reachable(admin.connect(), POSTGRESQL, 'MLFLOW2AIM_TEST_POSTGRESQL');
  await admin.query(`SELECT pg_advisory_lock(hashtext('${TEMPLATE}'))`);
  const made = await admin.query(`SELECT 1 FROM pg_database WHERE datname = '${TEMPLATE}'`);
  if (made.rows.length === 0) {
    await admin.query(`CREATE DATABASE ${TEMPLATE} ENCODING 'UTF8' TEMPLATE template0`);
    await python(['sql_schema.py', `${POSTGRESQL_FOR_MLFLOW}/${TEMPLATE}`]);
  }
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  await admin.query(`SELECT pg_advisory_unlock(hashtext('${TEMPLATE}'))`);
  const client = new pg.Client(`${POSTGRESQL}/${name}`);
  await client.connect();
  return {
    dialect: 'postgresql',
    uri: `${POSTGRESQL_FOR_MLFLOW}/${name}`,
    run: async (sql, parameters = []) => {
      let number = 0;
      await client.query(
        sql.replace(/\?/g, () => `$${++number}`),
        [...parameters],
      );
    },
    rows: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
    drop: async () => {
      await client.end();
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

async function mysqlDatabase(name: string): Promise<TestDatabase> {
  const connection = await reachable(createConnection(MYSQL), MYSQL, 'MLFLOW2AIM_TEST_MYSQL');
  await connection.query(`SELECT GET_LOCK('${TEMPLATE}', 300)`);
  const [made] = await connection.query(`SHOW DATABASES LIKE '${TEMPLATE}'`);
  if ((made as unknown[]).length === 0) {
    await connection.query(`CREATE DATABASE ${TEMPLATE} CHARACTER SET utf8mb4`);
    await python(['sql_schema.py', `${MYSQL_FOR_MLFLOW}/${TEMPLATE}`]);
  }
  await connection.query(`SELECT RELEASE_LOCK('${TEMPLATE}')`);
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await connection.query(`USE ${name}`);
  await copyTables(connection);
  await connection.query(`SET SESSION sql_mode = 'ANSI_QUOTES'`);
  return {
    dialect: 'mysql',
    uri: `${MYSQL_FOR_MLFLOW}/${name}`,
    run: async (sql, parameters = []) => void (await connection.query(sql, [...parameters])),
    rows: async (sql) => (await connection.query(sql))[0] as Record<string, unknown>[],
    drop: async () => {
      await connection.query(`DROP DATABASE IF EXISTS ${name}`);
      await connection.end();
    },
  };
}

/** Copies the template's tables, which refer to each other, and their rows. */
async function copyTables(connection: Connection): Promise<void> {
  const all = `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${TEMPLATE}'`;
  const [tables] = await connection.query(all);
  await connection.query('SET SESSION foreign_key_checks = 0');
  await connection.query(`SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'`); // the id of the default experiment
  for (const { name } of tables as { name: string }[]) {
    const [rows] = await connection.query(`SHOW CREATE TABLE ${TEMPLATE}.\`${name}\``);
    await connection.query((rows as Record<string, string>[])[0]?.['Create Table'] ?? '');
    const [[{ filled }]] = (await connection.query(
      `SELECT EXISTS(SELECT 1 FROM ${TEMPLATE}.\`${name}\`) AS filled`,
    )) as unknown as [[{ filled: number }]];
    if (filled === 1) await connection.query(`INSERT INTO \`${name}\` SELECT * FROM ${TEMPLATE}.\`${name}\``);
  }
  await connection.query('SET SESSION foreign_key_checks = 1');
}

async function reachable<T>(connecting: Promise<T>, server: string, variable: string): Promise<T> {
  try {
    return await connecting;
  } catch (cause) {
    throw new Error(`These tests need a database server at ${server}, or another one in ${variable}: ${String(cause)}`);
  }
}
