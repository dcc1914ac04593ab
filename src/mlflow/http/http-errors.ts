import { ConvertError, errorCode } from '../../errors.js';
import type { Retry } from '../../events.js';
import { UnknownCodingError } from './content-coding.js';
import { MalformedJsonError } from './exact-json.js';
import { RedirectError } from './redirect.js';
import { ResponseTooLargeError } from './response.js';
import type { ResponseError } from './response-error.js';
import { isCertificateError, isNotTls, isUnreachable, TransientError } from './retry.js';
import type { ServerUri } from './server-uri.js';

/** What a request was about, for messages about its failure. */
export interface RequestContext {
  /** What was asked for: `the runs of experiment 1`. */
  readonly what: string;
  readonly url: URL;
  /** The tracking server; only its errors are `fatal`, not those of a server that an artifact URI names. */
  readonly server: ServerUri;
  /** Whether an error response concerns only what was asked for. */
  readonly nonFatal: boolean;
}

/** An error response that a retry would not change. */
export function statusError(
  cause: ResponseError,
  { what, url, server, nonFatal }: RequestContext,
  hasCredentials: boolean,
): ConvertError {
  const { status, message } = cause;
  const says = message === '' ? '' : ` (${message.replace(/\.$/, '')})`;
  const own = url.origin === server.origin && !nonFatal;
  if (own && status === 401) {
    const hint = hasCredentials
      ? 'Check the user and password, or the token, that are set for MLflow.'
      : 'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.';
    return new ConvertError('fatal', 'auth-failed', `The tracking server ${server.shown} rejected the credentials.`, {
      hint,
      cause,
    });
  }
  if (own && status === 403) {
    const text = `The tracking server ${server.shown} denied access to ${what}${says}.`;
    return new ConvertError('fatal', 'auth-failed', text, { hint: hintForForbidden(message), cause });
  }
  return new ConvertError(
    'skip-run',
    'server-error',
    `The server responded with ${status} when asked for ${what}${says}.`,
    {
      where: url.origin + url.pathname,
      cause,
    },
  );
}

/** MLflow 3.5 and later rejects requests to host names that it does not know. */
function hintForForbidden(message: string): string {
  return /host/i.test(message)
    ? 'Add the host name in the tracking URI to --allowed-hosts of the server, or use another host name.'
    : 'Grant this user read permission, or use another user.';
}

/** There is no server at the address. */
export function unreachableError(cause: unknown, { what, url, server }: RequestContext): ConvertError {
  if (url.origin !== server.origin) {
    return new ConvertError('skip-run', 'unreachable', `Cannot connect to ${url.origin}, which should have ${what}.`, {
      cause,
    });
  }
  const { says, hint } = unreachableReason(cause, url);
  return new ConvertError('fatal', 'unreachable', `Cannot connect to the tracking server ${server.shown}${says}.`, {
    hint,
    cause,
  });
}

/** Why there is no connection, as far as it is known, and what to check. */
function unreachableReason(cause: unknown, { hostname, host }: URL): { says: string; hint: string } {
  switch (errorCode(cause)) {
    case 'ENOTFOUND':
      return { says: `: DNS does not know the name ${hostname}`, hint: 'Check the spelling of the tracking URI.' };
    case 'EAI_AGAIN':
      return {
        says: `: the name ${hostname} could not be looked up, because DNS does not respond`,
        hint: "Check the name, and this machine's network.",
      };
    case 'ECONNREFUSED':
      return { says: `: nothing listens at ${host}`, hint: 'Check host and port, and that the server is running.' };
    default:
      return { says: '', hint: 'Check the address, and that the server is running.' };
  }
}

/** The server uses TLS, and its URL says http. */
export function tlsMissingError(cause: unknown, { url: { host }, server }: RequestContext): ConvertError {
  return new ConvertError('fatal', 'tls-failed', `The server at ${host} uses TLS, and was asked by http.`, {
    hint: `Perhaps https://${host}${server.prefix}?`,
    cause,
  });
}

/** What went wrong with a request that is about to be repeated. */
export function retryReason(
  cause: unknown,
  { what, url, server }: RequestContext,
): Pick<Retry, 'code' | 'server' | 'says' | 'what' | 'status'> {
  const asked = { server: url.origin === server.origin ? server.shown : url.origin, what };
  if (cause instanceof TransientError) {
    const { status } = cause;
    // a response that is compressed although it must not be: it will be asked for anew
    return status === 206
      ? { code: 'bad-response', says: 'answers with another part of the file', ...asked }
      : { code: 'server-error', says: `answers ${status}`, status, ...asked };
  }
  if (isUnreachable(cause)) return { code: 'unreachable', says: 'cannot be reached', ...asked };
  if (cause instanceof SyntaxError)
    return { code: 'bad-response', says: 'sent a response that is cut or damaged', ...asked };
  return { code: 'unreachable', says: `did not respond: ${reasonOf(cause)}`, ...asked };
}

/** An error that a retry would not mend. What is not an error of HTTP (an aborted signal, an error of the receiver) is returned as it is. */
export function finalError(cause: unknown, asked: RequestContext): unknown {
  if (isNotTls(cause)) return noTlsError(cause, asked);
  if (isCertificateError(cause)) return untrustedError(cause, asked);
  if (cause instanceof RedirectError) return redirectError(cause, asked);
  if (cause instanceof ResponseTooLargeError) return tooLargeError(cause, asked);
  if (cause instanceof UnknownCodingError) return invalidResponseError(cause.message, cause, asked);
  const code = errorCode(cause) ?? '';
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return invalidResponseError('its headers are longer than 16 KiB', cause, asked);
  return /^(UND_ERR_(?!ABORTED|DESTROYED|CLOSED)|HPE_)/.test(code)
    ? invalidResponseError(reasonOf(cause), cause, asked)
    : cause;
}

/** TLS does not accept the server's certificate. */
function untrustedError(cause: unknown, { url, server }: RequestContext): ConvertError {
  const kind = url.origin === server.origin ? 'fatal' : 'skip-run';
  return new ConvertError(kind, 'tls-failed', `The certificate of ${url.origin} is not trusted: ${reasonOf(cause)}.`, {
    hint: 'Set MLFLOW_TRACKING_SERVER_CERT_PATH to the certificate of its authority, or MLFLOW_TRACKING_INSECURE_TLS=true.',
    cause,
  });
}

/** There is a server, but it does not use TLS. */
function noTlsError(cause: unknown, { url, server }: RequestContext): ConvertError {
  const kind = url.origin === server.origin ? 'fatal' : 'skip-run';
  return new ConvertError(kind, 'tls-failed', `The server at ${url.origin} does not use TLS.`, {
    hint: `Use http://${url.host} if that is the server.`,
    cause,
  });
}

/** A redirect that is not followed. The hint names a tracking URI only if the redirect kept the rest of the path. */
function redirectError(cause: RedirectError, { what, url, server, nonFatal }: RequestContext): ConvertError {
  const { reason, status, target } = cause;
  const kind = url.origin === server.origin && !nonFatal ? 'fatal' : 'skip-run';
  const from = `${url.origin} redirects (${status})`;
  const where = { where: url.origin + url.pathname, cause };
  if (target === undefined)
    return new ConvertError(kind, 'bad-response', `${from} to an invalid URL when asked for ${what}.`, where);
  const place = target.origin + target.pathname;
  if (reason === 'too many') {
    return new ConvertError(
      kind,
      'bad-response',
      `${url.origin} redirects too often, last to ${place}, when asked for ${what}.`,
      where,
    );
  }
  const message = `${from} to ${place} when asked for ${what}.`;
  if (reason === 'disabled') {
    return new ConvertError(kind, 'bad-response', message, {
      ...where,
      hint: 'Redirects are not followed because MLFLOW_ALLOW_HTTP_REDIRECTS is false.',
    });
  }
  const path = url.pathname.slice(server.prefix.length);
  const isMoved = kind === 'fatal' && target.pathname.endsWith(path);
  const hint = isMoved
    ? `Use ${target.origin}${target.pathname.slice(0, -path.length)} as the tracking URI.`
    : 'If this is a login page, set MLFLOW_TRACKING_TOKEN or a user and password, or use an address without a login.';
  return new ConvertError(kind, 'bad-response', message, { ...where, hint });
}

/** A response over the limit. */
function tooLargeError(cause: ResponseTooLargeError, { what, url }: RequestContext): ConvertError {
  return new ConvertError(
    'skip-run',
    'too-large',
    `The response for ${what} is larger than ${amount(cause)} and was not read.`,
    {
      where: url.origin + url.pathname,
      cause,
    },
  );
}

/** A response that HTTP does not allow, or that is not understood. */
function invalidResponseError(reason: string, cause: unknown, { what, url }: RequestContext): ConvertError {
  return new ConvertError('skip-run', 'bad-response', `The response for ${what} is invalid: ${reason}.`, {
    where: url.origin + url.pathname,
    cause,
  });
}

/** A response that is not MLflow's: from a proxy, a login page, or some other server. `finalUrl` is where it came from, after redirects. */
export function notJsonError(
  text: string,
  finalUrl: URL,
  { what, url, server, nonFatal }: RequestContext,
): ConvertError {
  const kind = url.origin === server.origin && !nonFatal ? 'fatal' : 'skip-run';
  const place = finalUrl.origin + finalUrl.pathname;
  const to = finalUrl.href === url.href ? '' : `, after a redirect to ${place},`;
  const isPage = /^\s*</.test(text);
  return new ConvertError(
    kind,
    'not-mlflow',
    `${url.origin} responded${to} with ${isPage ? 'a web page' : 'something other than JSON'} when asked for ${what}.`,
    {
      hint: 'Check that this is the address of an MLflow server, and that it is reachable without a login page.',
      where: url.origin + url.pathname,
    },
  );
}

/** Every attempt failed. */
export function retriesExhaustedError(
  cause: unknown,
  attempts: number,
  { what, server }: RequestContext,
): ConvertError {
  const tries = attempts === 1 ? 'on the first attempt' : `in ${attempts} attempts`;
  const message = `Could not read ${what} from the server ${tries}: ${reasonOf(cause)}.`;
  return new ConvertError('skip-run', 'server-error', message, { where: server.shown, cause });
}

function reasonOf(cause: unknown): string {
  if (cause instanceof MalformedJsonError)
    return cause.cut ? 'the response was cut off' : 'the response is not valid JSON';
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text === '' ? 'no reason given' : text).replace(/\.$/, '');
}

function amount({ limit, unit }: ResponseTooLargeError): string {
  const few = unit === 'values' || limit < 1_000_000;
  return few ? `${limit.toLocaleString('en')} ${unit}` : `${Math.round(limit / 1_000_000)} MB`;
}
