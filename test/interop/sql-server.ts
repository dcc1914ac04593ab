import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

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

/** Makes an empty database on the server that the environment names, by default the one on this machine. */
export async function createDatabase(dialect: ServerDialect): Promise<TestDatabase> {
  const name = `mlflow2aim_${process.pid}_${randomBytes(4).toString('hex')}`;
  return dialect === 'postgresql' ? postgresqlDatabase(name) : mysqlDatabase(name);
}

async function postgresqlDatabase(name: string): Promise<TestDatabase> {
  const admin = new pg.Client(`${POSTGRESQL}/postgres`);
  await reachable(admin.connect(), POSTGRESQL, 'MLFLOW2AIM_TEST_POSTGRESQL');
  await admin.query(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
  const client = new pg.Client(`${POSTGRESQL}/${name}`);
  await client.connect();
  return {
    dialect: 'postgresql',
    uri: `${POSTGRESQL.replace(/^postgresql:/, 'postgresql+psycopg2:')}/${name}`,
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
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await connection.query(`USE ${name}`);
  await connection.query(`SET SESSION sql_mode = 'ANSI_QUOTES'`);
  return {
    dialect: 'mysql',
    uri: `${MYSQL.replace(/^mysql:/, 'mysql+pymysql:')}/${name}`,
    run: async (sql, parameters = []) => void (await connection.query(sql, [...parameters])),
    rows: async (sql) => (await connection.query(sql))[0] as Record<string, unknown>[],
    drop: async () => {
      await connection.query(`DROP DATABASE IF EXISTS ${name}`);
      await connection.end();
    },
  };
}

async function reachable<T>(connecting: Promise<T>, server: string, variable: string): Promise<T> {
  try {
    return await connecting;
  } catch (cause) {
    throw new Error(`These tests need a database server at ${server}, or another one in ${variable}: ${String(cause)}`);
  }
}
