import { ConvertError, type ErrorCode, toConvertError } from '../../errors.js';
import type { Retry } from '../../events.js';
import type { UnreachableReason } from '../../model.js';
import { isMissingPackage } from './optional-package.js';

/** What the clients of the object stores say about a failure, each in fields of its own. */
export interface StoreFailure {
  /** The HTTP status, if there was a response. */
  readonly status?: number;
  /** The name that the store or the system gives it: `NoSuchBucket`, `ECONNREFUSED`. */
  readonly code?: string;
  /** True if no usable credentials were found. */
  readonly credentials: boolean;
}

const WORD = /^[A-Za-z][\w.-]{0,63}$/;
const NAMES_OF_CREDENTIALS = /credential|authentication|token/i;
const TEXTS_OF_CREDENTIALS = /credentials|could not load the default/i;

/**
 * Reads the errors of @aws-sdk (`$metadata.httpStatusCode`, the code in `name`), @azure (`statusCode`, `code`) and
 * @google-cloud (the status in `code`, the code in `errors[0].reason`).
 */
function storeFailure(cause: unknown): StoreFailure {
  const error = record(cause);
  const status = [record(error.$metadata).httpStatusCode, error.statusCode, error.code, error.status].find(isStatus);
  const reasons = Array.isArray(error.errors) ? error.errors.map((inner) => record(inner).reason) : [];
  const inMessage = /\b(?:E[A-Z]{4,}|EPIPE)\b/.exec(String(error.message))?.[0]; // wrapped: `connect ECONNREFUSED …`
  const named = [error.code, error.Code, ...reasons, inMessage, error.name, record(error.cause).code];
  const code = named.find((text): text is string => typeof text === 'string' && WORD.test(text) && text !== 'Error');
  const isAboutCredentials =
    NAMES_OF_CREDENTIALS.test(String(error.name)) || TEXTS_OF_CREDENTIALS.test(String(error.message));
  return {
    ...(status !== undefined && { status }),
    ...(code !== undefined && { code }),
    credentials: status === 401 || status === 403 || (status === undefined && isAboutCredentials),
  };
}

/** True if no credentials were found for a request. */
export function lacksCredentials(cause: unknown): boolean {
  if (cause instanceof ConvertError) return false;
  const { status, credentials } = storeFailure(cause);
  return credentials && status === undefined;
}

/** True if another attempt may help: cut or refused connections, overloaded or broken servers. */
export function isTransientStoreError(cause: unknown): boolean {
  if (cause instanceof ConvertError) return false;
  const { status, credentials } = storeFailure(cause);
  if (credentials) return false;
  return status === undefined || status < 300 || status === 408 || status === 429 || status >= 500;
}

/** What went wrong with a request that is about to be repeated. */
export function storeRetryReason(cause: unknown): Pick<Retry, 'code' | 'says' | 'status'> {
  const { status } = storeFailure(cause);
  if (status !== undefined && status >= 300) return { code: 'server-error', says: `answers ${status}`, status };
  return { code: 'unreachable', says: 'does not deliver' };
}

/**
 * A sentence about what happened to an object or a location. It is made from the URI, the status and the code alone: the
 * clients' own messages quote requests, and those are signed.
 */
export function storeError(cause: unknown, uri: string, advice: string): ConvertError {
  if (cause instanceof ConvertError) return cause;
  const failure = storeFailure(cause);
  if (failure.status === undefined && (failure.code === 'EMFILE' || failure.code === 'ENFILE')) {
    return toConvertError(cause, 'fatal', uri);
  }
  const because = failure.code ?? (failure.status === undefined ? undefined : `status ${failure.status}`);
  const named = because === undefined ? '' : ` (${because})`;
  const details = failure.credentials ? { where: uri, hint: advice } : { where: uri };
  return new ConvertError('skip-item', codeOf(failure), `${uri} ${says(failure)}${named}.`, details);
}

/** Why a location in an object store could not be listed. */
export function unreachableReason(cause: unknown): UnreachableReason {
  if (isMissingPackage(cause) || lacksCredentials(cause)) return 'no-access';
  if (cause instanceof ConvertError) return 'failed';
  return storeFailure(cause).status === 404 ? 'missing' : 'failed';
}

function says({ status, credentials }: StoreFailure): string {
  if (status === undefined) return credentials ? 'needs credentials, and none were found' : 'could not be reached';
  if (credentials) return 'may not be read: access was refused';
  if (status === 404) return 'does not exist';
  if (status === 412) return 'was changed while it was being read';
  return 'could not be read';
}

function codeOf({ status, credentials }: StoreFailure): ErrorCode {
  if (credentials) return 'auth-failed';
  if (status === undefined) return 'unreachable';
  if (status === 404) return 'not-found';
  return status === 412 ? 'changed-while-reading' : 'server-error';
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && value >= 100 && value < 600;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
