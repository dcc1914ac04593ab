import { ConvertError, errorCode } from '../../errors.js';
import { UnknownCodingError } from './content-coding.js';
import { MalformedJsonError } from './exact-json.js';
import { RedirectError } from './redirect.js';
import { ResponseTooLargeError } from './response.js';
import type { ResponseError } from './response-error.js';
import { isCertificateError, isNotTls } from './retry.js';
import type { ServerUri } from './server-uri.js';

/** What a request was about, for the sentences about its failure. */
export interface RequestContext {
  readonly what: string;
  readonly url: URL;
  /** The tracking server; only its troubles are `fatal`, not those of a place that an artifact URI names. */
  readonly server: ServerUri;
  /** Whether an error response concerns only what was asked for. */
  readonly ofPart: boolean;
}

/** The server has answered, and will not answer otherwise. */
export function statusError(
  cause: ResponseError,
  { what, url, server, ofPart }: RequestContext,
  hasCredentials: boolean,
): ConvertError {
  const { status, message } = cause;
  const says = message === '' ? '' : ` (${message.replace(/\.$/, '')})`;
  const own = url.origin === server.origin && !ofPart;
  if (own && status === 401) {
    const hint = hasCredentials
      ? 'Check the user and password, or the token, that are set for MLflow.'
      : 'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.';
    return new ConvertError('fatal', 'auth-failed', `The tracking server ${server.shown} refused the credentials.`, {
      hint,
      cause,
    });
  }
  if (own && status === 403) {
    const text = `The tracking server ${server.shown} forbids reading ${what}${says}.`;
    return new ConvertError('fatal', 'auth-failed', text, { hint: hintForForbidden(message), cause });
  }
  return new ConvertError('skip-run', 'server-error', `The server answered ${status} when asked for ${what}${says}.`, {
    where: url.origin + url.pathname,
    cause,
  });
}

/** MLflow since 3.5 refuses names of itself that it has not been told. */
function hintForForbidden(message: string): string {
  return /host/i.test(message)
    ? 'Add the name in the tracking URI to its --allowed-hosts, or use another name of it.'
    : 'Give the user the right to read it, or use another user.';
}

/** Nobody answers at the address. */
export function unreachableError(cause: unknown, { what, url, server }: RequestContext): ConvertError {
  if (url.origin !== server.origin) {
    return new ConvertError('skip-run', 'unreachable', `Nothing answers at ${url.origin}, where ${what} should be.`, {
      cause,
    });
  }
  return new ConvertError('fatal', 'unreachable', `No tracking server answers at ${server.shown}.`, {
    hint: 'Is the address right, and is the server running?',
    cause,
  });
}

/**
 * What a repetition would not mend, as an error that says so. What is no trouble of HTTP (an aborted signal, an error of the receiver)
 * comes back as it is.
 */
export function finalError(cause: unknown, asked: RequestContext): unknown {
  if (isNotTls(cause)) return noTlsError(cause, asked);
  if (isCertificateError(cause)) return untrustedError(cause, asked);
  if (cause instanceof RedirectError) return redirectError(cause, asked);
  if (cause instanceof ResponseTooLargeError) return tooLargeError(cause, asked);
  if (cause instanceof UnknownCodingError) return misunderstood(cause.message, cause, asked);
  const code = errorCode(cause) ?? '';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return misunderstood('its headers are longer than 16 KiB', cause, asked);
  return /^(UND_ERR_(?!ABORTED|DESTROYED|CLOSED)|HPE_)/.test(code)
    ? misunderstood(reasonOf(cause), cause, asked)
    : cause;
}

/** TLS does not accept the server's certificate. */
function untrustedError(cause: unknown, { url, server }: RequestContext): ConvertError {
  const kind = url.origin === server.origin ? 'fatal' : 'skip-run';
  return new ConvertError(kind, 'tls-failed', `The certificate of ${url.origin} is not trusted: ${reasonOf(cause)}.`, {
    hint: 'Set MLFLOW_TRACKING_SERVER_CERT_PATH to that of its authority, or MLFLOW_TRACKING_INSECURE_TLS=true.',
    cause,
  });
}

/** Something answers, but not in TLS. */
function noTlsError(cause: unknown, { url, server }: RequestContext): ConvertError {
  const kind = url.origin === server.origin ? 'fatal' : 'skip-run';
  return new ConvertError(kind, 'tls-failed', `What answers at ${url.origin} does not speak TLS.`, {
    hint: `Perhaps http://${url.host} is meant.`,
    cause,
  });
}

/** A redirect that is not followed. The hint names a tracking URI only where the rest of the path is that of the request. */
function redirectError(cause: RedirectError, { what, url, server, ofPart }: RequestContext): ConvertError {
  const { trouble, status, target } = cause;
  const kind = url.origin === server.origin && !ofPart ? 'fatal' : 'skip-run';
  const from = `${url.origin} answers with a redirect (${status})`;
  const where = { where: url.origin + url.pathname, cause };
  if (target === undefined)
    return new ConvertError(kind, 'bad-response', `${from} to nowhere when asked for ${what}.`, where);
  const place = target.origin + target.pathname;
  if (trouble === 'without end') {
    return new ConvertError(
      kind,
      'bad-response',
      `${url.origin} redirects without end, at last to ${place}, when asked for ${what}.`,
      where,
    );
  }
  const message = `${from} to ${place} when asked for ${what}.`;
  if (trouble === 'switched off') {
    return new ConvertError(kind, 'bad-response', message, {
      ...where,
      hint: 'MLFLOW_ALLOW_HTTP_REDIRECTS forbids to follow it.',
    });
  }
  const path = url.pathname.slice(server.prefix.length);
  const isMoved = kind === 'fatal' && target.pathname.endsWith(path);
  const hint = isMoved
    ? `Use ${target.origin}${target.pathname.slice(0, -path.length)} as the tracking URI.`
    : 'Is this a login page? Set MLFLOW_TRACKING_TOKEN, or a user and password, or use an address without a login.';
  return new ConvertError(kind, 'bad-response', message, { ...where, hint });
}

/** An answer that is longer than it may be; the cause tells by how much. */
function tooLargeError(cause: ResponseTooLargeError, { what, url }: RequestContext): ConvertError {
  return new ConvertError(
    'skip-run',
    'too-large',
    `The answer for ${what} is larger than ${amount(cause)}, and was not read.`,
    {
      where: url.origin + url.pathname,
      cause,
    },
  );
}

/** An answer that is none that HTTP allows, or not one for us. */
function misunderstood(reason: string, cause: unknown, { what, url }: RequestContext): ConvertError {
  return new ConvertError('skip-run', 'bad-response', `The answer for ${what} cannot be understood: ${reason}.`, {
    where: url.origin + url.pathname,
    cause,
  });
}

/** An answer that no MLflow gives: that of a proxy, a login, or of something else altogether. `url` is what gave it, after redirects. */
export function notJsonError(text: string, answered: URL, { what, url, server, ofPart }: RequestContext): ConvertError {
  const kind = url.origin === server.origin && !ofPart ? 'fatal' : 'skip-run';
  const place = answered.origin + answered.pathname;
  const to = answered.href === url.href ? '' : `, after a redirect to ${place},`;
  const isPage = /^\s*</.test(text);
  return new ConvertError(
    kind,
    'not-mlflow',
    `${url.origin} answers${to} with ${isPage ? 'a web page' : 'no JSON'} when asked for ${what}.`,
    {
      hint: 'Is this the address of an MLflow server, and can it be reached without a login page?',
      where: url.origin + url.pathname,
    },
  );
}

/** Every attempt has failed. */
export function retriesExhaustedError(
  cause: unknown,
  attempts: number,
  { what, server }: RequestContext,
): ConvertError {
  const tries = attempts === 1 ? 'at the first attempt' : `in ${attempts} attempts`;
  const message = `The server could not give ${what} ${tries}: ${reasonOf(cause)}.`;
  return new ConvertError('skip-run', 'server-error', message, { where: server.shown, cause });
}

function reasonOf(cause: unknown): string {
  if (cause instanceof MalformedJsonError) return cause.cut ? 'its answer was cut' : 'its answer is no valid JSON';
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text === '' ? 'no reason given' : text).replace(/\.$/, '');
}

function amount({ most, unit }: ResponseTooLargeError): string {
  const few = unit === 'values' || most < 1_000_000;
  return few ? `${most.toLocaleString('en')} ${unit}` : `${Math.round(most / 1_000_000)} MB`;
}
