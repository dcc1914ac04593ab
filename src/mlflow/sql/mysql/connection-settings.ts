import type { PoolOptions } from 'mysql2';
import { parameter, type ServerAddress } from '../database-uri.js';
import { readPem } from '../postgresql/connection-settings.js';

const CONNECT_TIMEOUT = 30;

/**
 * What PyMySQL and mysqlclient make of the URI and its query (`unix_socket`, `ssl_ca` …), for the mysql2 package. MLflow's own
 * MLFLOW_MYSQL_SSL_CA, _CERT and _KEY are heard as well.
 */
export function connectionSettings(address: ServerAddress, env: NodeJS.ProcessEnv = process.env): PoolOptions {
  const of = (name: string): string | undefined => parameter(address, name);
  const socket = of('unix_socket');
  const { user, password, database } = address;
  const tls = tlsOf(of, env);
  return {
    ...(socket === undefined
      ? { host: address.host ?? 'localhost', port: address.port ?? 3306 }
      : { socketPath: socket }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(tls !== undefined && { ssl: tls }),
    charset: 'utf8mb4',
    connectTimeout: 1000 * (Number(of('connect_timeout')) || CONNECT_TIMEOUT),
    supportBigNumbers: true,
    bigNumberStrings: false,
    enableKeepAlive: true,
  };
}

function tlsOf(of: (name: string) => string | undefined, env: NodeJS.ProcessEnv): Exclude<PoolOptions['ssl'], string> {
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
