import { exponential } from '../../backoff.js';
import { errorCode } from '../../errors.js';
import type { RetrySettings } from './environment.js';
import { SlowBodyError } from './response.js';

/** Statuses that MLflow's client takes for passing trouble. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** No wait is longer, as in the library below MLflow's client. */
const LONGEST_BACKOFF = 120_000;
/** A server that asks for more patience is out of order. */
const LONGEST_RETRY_AFTER = 3_600_000;

/** An answer that may be another one the next time. */
export class TransientError extends Error {
  /** @param wait milliseconds that the server asks to wait */
  constructor(
    readonly status: number,
    readonly wait: number | undefined,
  ) {
    super(`it answered ${status}`);
  }
}

/** True for answers that may be another one the next time. */
export function isTransientStatus(status: number): boolean {
  return PASSING.has(status);
}

/** Codes of what goes wrong below HTTP: resets, cuts, time-outs, names that cannot be resolved at the moment. */
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

/** undici's: the answer was cut, or silent for too long. */
const CLIENT_CODE = /^UND_ERR_(SOCKET|.*TIMEOUT|.*LENGTH_MISMATCH|RES_|RESPONSE)/;

/** zlib's: what is compressed was cut or damaged on the way. */
const CODING_CODE = /^(Z_|ERR__ERROR_|ERR_BROTLI_)/;

/** True for what a repetition may mend. */
export function isRetryable(cause: unknown): boolean {
  if (cause instanceof SyntaxError || cause instanceof SlowBodyError) return true;
  return CODING_CODE.test(errorCode(cause) ?? '') || isNetworkTrouble(cause);
}

function isNetworkTrouble(cause: unknown): boolean {
  if (cause instanceof Error && cause.name === 'HTTPParserError') return true;
  const code = errorCode(cause);
  if (code !== undefined && (NETWORK_CODES.has(code) || CLIENT_CODE.test(code))) return true;
  if (cause instanceof AggregateError) return cause.errors.some(isNetworkTrouble);
  return cause instanceof Error && cause.cause !== undefined && isNetworkTrouble(cause.cause);
}

/** True when nobody answers at the address, or the address is none. */
export function isUnreachable(cause: unknown): boolean {
  const code = errorCode(cause);
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return true;
  return cause instanceof AggregateError && cause.errors.some(isUnreachable);
}

/** True when what answers speaks no TLS: http where https was said. */
export function isNotTls(cause: unknown): boolean {
  return errorCode(cause) === 'EPROTO' || errorCode(cause) === 'ERR_SSL_WRONG_VERSION_NUMBER';
}

/** True when TLS does not accept the server's certificate. */
export function isCertificateError(cause: unknown): boolean {
  const code = errorCode(cause) ?? '';
  return /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_)/.test(code);
}

/** The milliseconds before the n-th retry (1, 2 …): none, then 2·factor, 4·factor …, and some jitter. */
export function backoff(retry: number, { factor, jitter }: RetrySettings, random: () => number = Math.random): number {
  const wait = retry < 2 ? 0 : exponential(retry, { first: factor, longest: LONGEST_BACKOFF });
  return Math.min(LONGEST_BACKOFF, wait + random() * jitter);
}

/** The milliseconds that a Retry-After header asks for, in seconds or as a date; absent when there is none. */
export function retryAfter(header: string | string[] | undefined, now: number = Date.now()): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim();
  if (text === undefined || text === '') return undefined;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), LONGEST_RETRY_AFTER);
}
