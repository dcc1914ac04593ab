import { ConvertError } from '../../errors.js';

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How MLflow's own variables say that requests are repeated. Times in milliseconds. */
export interface RetrySettings {
  /** After the first attempt; MLFLOW_HTTP_REQUEST_MAX_RETRIES, at most 10. */
  readonly retries: number;
  /** The n-th retry (n ≥ 2) waits `factor · 2ⁿ⁻¹`; MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR. */
  readonly factor: number;
  /** Up to so much more, by chance; MLFLOW_HTTP_REQUEST_BACKOFF_JITTER. */
  readonly jitter: number;
  /** Without a byte for so long, an attempt has failed; MLFLOW_HTTP_REQUEST_TIMEOUT. */
  readonly timeout: number;
  /** MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER */
  readonly respectRetryAfter: boolean;
}

const MOST_RETRIES = 10;

/** Reads the settings. Throws a `fatal` error for a value that is none. */
export function retrySettings(env: Environment): RetrySettings {
  return {
    retries: Math.min(number(env, 'MLFLOW_HTTP_REQUEST_MAX_RETRIES', 7), MOST_RETRIES),
    factor: number(env, 'MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR', 2) * 1000,
    jitter: number(env, 'MLFLOW_HTTP_REQUEST_BACKOFF_JITTER', 1) * 1000,
    timeout: number(env, 'MLFLOW_HTTP_REQUEST_TIMEOUT', 120) * 1000,
    respectRetryAfter: flag(env, 'MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER', true),
  };
}

/** A number that is not negative. */
function number(env: Environment, name: string, otherwise: number): number {
  const text = env[name]?.trim();
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new ConvertError('fatal', 'invalid-environment', `${name} is ${JSON.stringify(text)}, which is no number.`);
}

/** A boolean as MLflow reads it: true, false, 1 or 0. */
export function flag(env: Environment, name: string, otherwise: boolean): boolean {
  const text = env[name]?.trim().toLowerCase();
  if (text === undefined || text === '') return otherwise;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new ConvertError(
    'fatal',
    'invalid-environment',
    `${name} is ${JSON.stringify(text)}, but should be true or false.`,
  );
}
