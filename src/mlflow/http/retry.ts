import { exponential } from '../../backoff.js';
import { errorCode } from '../../errors.js';
import type { RetrySettings } from './environment.js';
import { SlowBodyError } from './response.js';

/** Statuses that MLflow's client retries. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** As in the library that MLflow's client uses. */
const LONGEST_BACKOFF = 120_000;
/** A server that asks for more is misconfigured. */
const LONGEST_RETRY_AFTER = 3_600_000;

/** An error response that may be a success the next time. */
export class TransientError extends Error {
  /** @param wait the milliseconds that the server asks to wait */
  constructor(
    readonly status: number,
    readonly wait: number | undefined,
  ) {
    super(`it responded with ${status}`);
  }
}

/** True for statuses that may be a success the next time. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUSES.has(status);
}

/** Failures below HTTP: resets, cuts, timeouts, names that cannot be resolved at the moment. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** undici's: the response was cut, or idle for too long. */
const CLIENT_CODE = /^UND_ERR_(SOCKET|.*TIMEOUT|.*LENGTH_MISMATCH|RES_|RESPONSE)/;

/** zlib's: the compressed body was cut or damaged on the way. */
const CODING_CODE = /^(Z_|ERR__ERROR_|ERR_BROTLI_)/;

/** True for what a retry may mend. */
export function isRetryable(cause: unknown): boolean {
  if (cause instanceof SyntaxError || cause instanceof SlowBodyError) return true;
  return CODING_CODE.test(errorCode(cause) ?? '') || isNetworkError(cause);
}

function isNetworkError(cause: unknown): boolean {
  if (cause instanceof Error && cause.name === 'HTTPParserError') return true;
  const code = errorCode(cause);
  if (code !== undefined && (NETWORK_CODES.has(code) || CLIENT_CODE.test(code))) return true;
  if (cause instanceof AggregateError) return cause.errors.some(isNetworkError);
  return cause instanceof Error && cause.cause !== undefined && isNetworkError(cause.cause);
}

/** True when there is no server at the address, or no such address. */
export function isUnreachable(cause: unknown): boolean {
  const code = errorCode(cause);
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return true;
  return cause instanceof AggregateError && cause.errors.some(isUnreachable);
}

/** True when a connection was made and there came no response of HTTP, as from a server that expects TLS. */
export function isCutConnection(cause: unknown): boolean {
  if (cause instanceof Error && cause.name === 'HTTPParserError') return true;
  const code = errorCode(cause);
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

/** True when the server does not use TLS: http where the URL says https. */
export function isNotTls(cause: unknown): boolean {
  return errorCode(cause) === 'EPROTO' || errorCode(cause) === 'ERR_SSL_WRONG_VERSION_NUMBER';
}

/** True when TLS does not accept the server's certificate. */
export function isCertificateError(cause: unknown): boolean {
  const code = errorCode(cause) ?? '';
  return /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_)/.test(code);
}

/** The milliseconds before the n-th retry (1, 2 …): 0, then 2·factor, 4·factor …, plus jitter. */
export function backoff(retry: number, { factor, jitter }: RetrySettings, random: () => number = Math.random): number {
  const wait = retry < 2 ? 0 : exponential(retry, { first: factor, longest: LONGEST_BACKOFF });
  return Math.min(LONGEST_BACKOFF, wait + random() * jitter);
}

/** The milliseconds that a Retry-After header asks for, in seconds or as a date; undefined if there is none. */
export function retryAfter(header: string | string[] | undefined, now: number = Date.now()): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return undefined;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), LONGEST_RETRY_AFTER);
}
