import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { asFatal, ConvertError } from '../../errors.js';
import { readText } from '../local/read-text.js';
import { type Environment, flag } from './environment.js';

/** Settings for Node's TLS; empty for its defaults. */
export interface TlsSettings {
  readonly rejectUnauthorized?: false;
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
}

/**
 * TLS as MLflow's client is configured: MLFLOW_TRACKING_INSECURE_TLS, MLFLOW_TRACKING_SERVER_CERT_PATH (a bundle of
 * authorities, or a directory of them; else REQUESTS_CA_BUNDLE), MLFLOW_TRACKING_CLIENT_CERT_PATH (a PEM file with
 * certificate and key). Throws a `fatal` error for files that cannot be read.
 */
export function tlsSettings(env: Environment): TlsSettings {
  const insecure = flag(env, 'MLFLOW_TRACKING_INSECURE_TLS', false);
  const own = env.MLFLOW_TRACKING_SERVER_CERT_PATH;
  if (insecure && own) {
    const message = 'MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH are mutually exclusive.';
    throw new ConvertError('fatal', 'invalid-environment', message, { hint: 'Unset one of them.' });
  }
  const authorities = own || env.REQUESTS_CA_BUNDLE;
  const client = env.MLFLOW_TRACKING_CLIENT_CERT_PATH;
  return {
    ...(insecure && { rejectUnauthorized: false }),
    ...(!insecure && authorities && { ca: readAll(authorities) }),
    ...(client && certificateAndKey(client)),
  };
}

function certificateAndKey(file: string): { cert: string; key: string } {
  const pem = read(file);
  return { cert: pem, key: pem };
}

function readAll(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [read(path)];
    return readdirSync(path)
      .filter((name) => /\.(pem|crt|cer|\d+)$/.test(name))
      .map((name) => read(join(path, name)));
  } catch (cause) {
    throw asFatal(cause, path);
  }
}

function read(file: string): string {
  try {
    return readText(file).text;
  } catch (cause) {
    throw asFatal(cause, file);
  }
}
