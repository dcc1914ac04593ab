import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import { ConvertError } from '../../../errors.js';
import { parameter, type ServerAddress } from '../database-uri.js';
import { readPem } from '../read-pem.js';

const SOCKET_DIRECTORIES = ['/var/run/postgresql', '/tmp'];
const CONNECT_TIMEOUT = 30;

/** How to connect to a PostgreSQL server: with TLS, without, or (libpq's default) with TLS if the server supports it. */
export interface PostgresqlSettings {
  readonly config: ClientConfig;
  readonly tls: 'always' | 'never' | 'preferred';
  /** For connecting; milliseconds. */
  readonly timeout: number;
}

/** Translates the URI, its query (`host`, `sslmode` …) and the PG* variables, as libpq understands them, for the pg package. */
export function postgresqlSettings(address: ServerAddress, env: NodeJS.ProcessEnv = process.env): PostgresqlSettings {
  const of = (name: string, variable?: string): string | undefined =>
    parameter(address, name) ?? (variable === undefined ? undefined : env[variable]);
  const port = Number(address.port ?? of('port', 'PGPORT') ?? 5432);
  const host = address.host ?? address.query.get('host')?.[0]?.split(',')[0] ?? env.PGHOST ?? defaultHost(port);
  const user = address.user ?? of('user', 'PGUSER') ?? userInfo().username;
  const password = address.password ?? of('password');
  const options = of('options', 'PGOPTIONS');
  const { tls, ssl } = host.startsWith('/') ? { tls: 'never' as const, ssl: false } : tlsOf(of);
  return {
    tls,
    timeout: 1000 * (Number(of('connect_timeout', 'PGCONNECT_TIMEOUT')) || CONNECT_TIMEOUT),
    config: {
      host,
      port,
      user,
      database: address.database ?? of('dbname', 'PGDATABASE') ?? user,
      application_name: of('application_name', 'PGAPPNAME') ?? 'mlflow2aim',
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
      ssl,
      ...(password !== undefined && { password }),
      ...(options !== undefined && { options }),
    },
  };
}

/** As libpq: the Unix socket, if there is one. */
function defaultHost(port: number): string {
  return SOCKET_DIRECTORIES.find((directory) => existsSync(`${directory}/.s.PGSQL.${port}`)) ?? 'localhost';
}

type Setting = (name: string, variable?: string) => string | undefined;

function tlsOf(of: Setting): { tls: PostgresqlSettings['tls']; ssl: NonNullable<ClientConfig['ssl']> } {
  const mode = of('sslmode', 'PGSSLMODE') ?? 'prefer';
  if (mode === 'disable' || mode === 'allow') return { tls: 'never', ssl: false };
  const root = of('sslrootcert', 'PGSSLROOTCERT');
  const [cert, key] = [of('sslcert', 'PGSSLCERT'), of('sslkey', 'PGSSLKEY')];
  const files = {
    ...(root !== undefined && root !== 'system' && { ca: readPem(root) }),
    ...(cert !== undefined && { cert: readPem(cert) }),
    ...(key !== undefined && { key: readPem(key) }),
  };
  switch (mode) {
    case 'prefer':
      return { tls: 'preferred', ssl: { ...files, rejectUnauthorized: false } };
    case 'require':
      // as libpq: with a root certificate, the same as verify-ca
      if (root === undefined) return { tls: 'always', ssl: { ...files, rejectUnauthorized: false } };
      return { tls: 'always', ssl: { ...files, checkServerIdentity: () => undefined } };
    case 'verify-ca':
      return { tls: 'always', ssl: { ...files, checkServerIdentity: () => undefined } };
    case 'verify-full':
      return { tls: 'always', ssl: { ...files, rejectUnauthorized: true } };
    default:
      throw new ConvertError('fatal', 'invalid-argument', `${JSON.stringify(mode)} is not an sslmode of PostgreSQL.`, {
        hint: 'Use disable, allow, prefer, require, verify-ca or verify-full.',
      });
  }
}
