import type { NetConnectOpts } from 'node:net';
import type { ConnectionOptions } from 'mysql2';
import { parameter, type ServerAddress } from '../database-uri.js';
import { readPem } from '../read-pem.js';

const CONNECT_TIMEOUT = 30;

/** How to connect to a MySQL server. */
export interface MysqlSettings {
  readonly address: NetConnectOpts;
  /** Everything but the address and the timeout. */
  readonly config: ConnectionOptions;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Translates the URI and its query (`unix_socket`, `ssl_ca` …), as PyMySQL and mysqlclient understand them, for the mysql2 package. Also
 * honours MLflow's own MLFLOW_MYSQL_SSL_CA, _CERT and _KEY.
 */
export function mysqlSettings(address: ServerAddress, env: NodeJS.ProcessEnv = process.env): MysqlSettings {
  const of = (name: string): string | undefined => parameter(address, name);
  const socket = of('unix_socket');
  const { user, password, database, host = 'localhost', port = 3306 } = address;
  const tls = tlsOf(of, env);
  return {
    address: socket === undefined ? { host, port } : { path: socket },
    config: {
      // the certificate is compared with this host
      ...(socket === undefined && { host, port }),
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ...(database !== undefined && { database }),
      ...(tls !== undefined && { ssl: tls }),
      charset: 'utf8mb4',
      connectTimeout: 0,
      supportBigNumbers: true,
      bigNumberStrings: false,
    },
    timeout: 1000 * (Number(of('connect_timeout')) || CONNECT_TIMEOUT),
  };
}

function tlsOf(
  of: (name: string) => string | undefined,
  env: NodeJS.ProcessEnv,
): Exclude<ConnectionOptions['ssl'], string> {
  const ca = of('ssl_ca') ?? env.MLFLOW_MYSQL_SSL_CA;
  const cert = of('ssl_cert') ?? env.MLFLOW_MYSQL_SSL_CERT;
  const key = of('ssl_key') ?? env.MLFLOW_MYSQL_SSL_KEY;
  const isOn = (name: string): boolean => /^(?:true|1|yes)$/i.test(of(name) ?? '');
  const verifyCert = isOn('ssl_verify_cert');
  const verifyIdentity = isOn('ssl_verify_identity') || isOn('ssl_check_hostname');
  const wanted = ca ?? cert ?? key ?? (verifyCert || verifyIdentity || of('ssl') !== undefined ? '' : undefined);
  if (wanted === undefined || isOn('ssl_disabled')) return undefined;
  return {
    ...(ca !== undefined && { ca: readPem(ca) }),
    ...(cert !== undefined && { cert: readPem(cert) }),
    ...(key !== undefined && { key: readPem(key) }),
    rejectUnauthorized: ca !== undefined || verifyCert || verifyIdentity,
    verifyIdentity,
  };
}
