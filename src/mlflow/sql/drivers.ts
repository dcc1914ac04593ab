import { createRequire } from 'node:module';

// Loaded on first use: loading them in each thread takes longer than reading a small store.
const require = createRequire(import.meta.url);

let pg: typeof import('pg') | undefined;
let copy: typeof import('pg-copy-streams') | undefined;
let mysql: typeof import('mysql2') | undefined;

/** The `pg` package. */
export function postgresqlDriver(): typeof import('pg') {
  pg ??= require('pg') as typeof import('pg');
  return pg;
}

/** The `pg-copy-streams` package. */
export function copyStreams(): typeof import('pg-copy-streams') {
  copy ??= require('pg-copy-streams') as typeof import('pg-copy-streams');
  return copy;
}

/** The `mysql2` package. */
export function mysqlDriver(): typeof import('mysql2') {
  mysql ??= require('mysql2') as typeof import('mysql2');
  return mysql;
}
