import { resolve } from 'node:path';
import type { SourceOptions } from '../options.js';
import type { Environment } from './http/environment.js';
import { displayedUri } from './locations/displayed-uri.js';
import { uriTarget } from './locations/file-uri.js';

/**
 * How an option or variable affects the result: it `decides` what is read; it does so with a path or URI (`place`); or it only affects how
 * something is reached (`access`: credentials, TLS, proxies) or how fast (`pace`).
 */
type Role = 'decides' | 'place' | 'access' | 'pace';

const OPTIONS: Readonly<Record<keyof SourceOptions, Role>> = {
  concurrency: 'pace',
  requestsPerSecond: 'pace',
  artifactsDestination: 'place',
  workspace: 'decides',
  allowRoots: 'place',
  copyLinks: 'decides',
  trustOrigins: 'decides',
};

/** The environment variables that sources or their packages read. */
export const VARIABLES: Readonly<Record<string, Role>> = {
  MLFLOW_S3_ENDPOINT_URL: 'decides',
  AWS_ENDPOINT_URL: 'decides',
  AWS_ENDPOINT_URL_S3: 'decides',
  STORAGE_EMULATOR_HOST: 'decides',
  PGHOST: 'decides',
  PGPORT: 'decides',
  PGDATABASE: 'decides',
  PGUSER: 'decides', // also the name of the database, where none is given
  PGOPTIONS: 'decides', // search_path
  AWS_PROFILE: 'access',
  AWS_REGION: 'access',
  AWS_DEFAULT_REGION: 'access',
  AWS_ACCESS_KEY_ID: 'access',
  AWS_SECRET_ACCESS_KEY: 'access',
  AWS_CA_BUNDLE: 'access',
  MLFLOW_S3_IGNORE_TLS: 'access',
  MLFLOW_S3_EXPECTED_BUCKET_OWNER: 'access',
  MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE: 'access',
  MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION: 'access',
  AZURE_STORAGE_CONNECTION_STRING: 'access',
  AZURE_STORAGE_ACCESS_KEY: 'access',
  AZURE_STORAGE_SAS_TOKEN: 'access',
  GOOGLE_APPLICATION_CREDENTIALS: 'access',
  MLFLOW_TRACKING_USERNAME: 'access',
  MLFLOW_TRACKING_PASSWORD: 'access',
  MLFLOW_TRACKING_TOKEN: 'access',
  MLFLOW_TRACKING_INSECURE_TLS: 'access',
  MLFLOW_TRACKING_SERVER_CERT_PATH: 'access',
  MLFLOW_TRACKING_CLIENT_CERT_PATH: 'access',
  MLFLOW_ALLOW_HTTP_REDIRECTS: 'access',
  MLFLOW_MYSQL_SSL_CA: 'access',
  MLFLOW_MYSQL_SSL_CERT: 'access',
  MLFLOW_MYSQL_SSL_KEY: 'access',
  PGSSLMODE: 'access',
  PGSSLROOTCERT: 'access',
  PGSSLCERT: 'access',
  PGSSLKEY: 'access',
  REQUESTS_CA_BUNDLE: 'access',
  HTTP_PROXY: 'access',
  HTTPS_PROXY: 'access',
  HOME: 'access', // ~/.mlflow/credentials
  MLFLOW_HTTP_REQUEST_MAX_RETRIES: 'pace',
  MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: 'pace',
  MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: 'pace',
  MLFLOW_HTTP_REQUEST_TIMEOUT: 'pace',
  MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER: 'pace',
  PGCONNECT_TIMEOUT: 'pace',
  PGAPPNAME: 'pace',
  AWS_MAX_ATTEMPTS: 'pace',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'pace',
  NODE_OPTIONS: 'pace',
};

/** Everything besides the tracking URI that decides what is read from a source, as a text to compare. */
export function sourceInputs(source: SourceOptions, env: Environment): string {
  const options = entries(OPTIONS).map(([name, role]) => [name, decisive(role, source[name])]);
  const variables = entries(VARIABLES).map(([name, role]) => [name, decisive(role, env[name] || undefined)]);
  return JSON.stringify([...options, ...variables].filter(([, value]) => value !== undefined));
}

function decisive(role: Role, value: SourceOptions[keyof SourceOptions]): unknown {
  if (role === 'decides') return value;
  if (role === 'place') return Array.isArray(value) ? value.map(place) : place(value);
  return undefined;
}

/** Independent of the working directory, and without credentials, which may change. */
function place(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const target = uriTarget(value);
  return target.kind === 'local' ? target.paths.map((path) => resolve(path)) : displayedUri(value);
}

function entries<Key extends string, Value>(record: Readonly<Record<Key, Value>>): Array<[Key, Value]> {
  return Object.entries(record) as Array<[Key, Value]>;
}
