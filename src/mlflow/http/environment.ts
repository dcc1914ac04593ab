import { ConvertError } from '../../errors.js';

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Retries as MLflow's own variables configure them. Times in milliseconds. */
export interface RetrySettings {
  /** Retries after the first attempt; MLFLOW_HTTP_REQUEST_MAX_RETRIES, at most 10. */
  readonly retries: number;
  /** The n-th retry (n ≥ 2) waits `factor · 2ⁿ⁻¹`; MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR. */
  readonly factor: number;
  /** The longest random time that is added; MLFLOW_HTTP_REQUEST_BACKOFF_JITTER. */
  readonly jitter: number;
  /** An attempt that brings no byte for this long has failed; MLFLOW_HTTP_REQUEST_TIMEOUT. */
  readonly timeout: number;
  /** MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER */
  readonly respectRetryAfter: boolean;
}

const MAX_RETRIES = 10;

/** Reads the settings. Throws a `fatal` error for an invalid value. */
export function retrySettings(env: Environment): RetrySettings {
  return {
    retries: Math.min(number(env, 'MLFLOW_HTTP_REQUEST_MAX_RETRIES', 7), MAX_RETRIES),
    factor: number(env, 'MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR', 2) * 1000,
    jitter: number(env, 'MLFLOW_HTTP_REQUEST_BACKOFF_JITTER', 1) * 1000,
    timeout: number(env, 'MLFLOW_HTTP_REQUEST_TIMEOUT', 120) * 1000,
    respectRetryAfter: flag(env, 'MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER', true),
  };
}

/** A non-negative number. */
function number(env: Environment, name: string, otherwise: number): number {
  const text = env[name]?.trim();
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new ConvertError('fatal', 'invalid-environment', `${name} is ${JSON.stringify(text)}, which is not a number.`);
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
    `${name} is ${JSON.stringify(text)}, but must be true or false.`,
  );
}
