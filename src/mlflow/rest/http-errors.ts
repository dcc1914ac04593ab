import { ConvertError } from '../../errors.js';
import type { Refusal } from './refusal.js';
import type { ServerUri } from './server-uri.js';

/** What a request was about, for the sentences about its failure. */
export interface Asked {
  readonly what: string;
  readonly url: URL;
  /** The tracking server; only its troubles are `fatal`, not those of a place that an artifact URI names. */
  readonly server: ServerUri;
  /** Whether a refusal concerns only what was asked for. */
  readonly ofArtifacts: boolean;
}

/** The server has answered, and will not answer otherwise. */
export function refusedError(
  cause: Refusal,
  { what, url, server, ofArtifacts }: Asked,
  hasCredentials: boolean,
): ConvertError {
  const { status, message } = cause;
  const says = message === '' ? '' : ` (${message.replace(/\.$/, '')})`;
  const own = url.origin === server.origin && !ofArtifacts;
  if (own && status === 401) {
    const hint = hasCredentials
      ? 'Check the user and password, or the token, that are set for MLflow.'
      : 'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.';
    return new ConvertError('fatal', `The tracking server ${server.shown} refused the credentials.`, { hint, cause });
  }
  if (own && status === 403) {
    const text = `The tracking server ${server.shown} forbids reading ${what}${says}.`;
    return new ConvertError('fatal', text, { hint: hintForForbidden(message), cause });
  }
  return new ConvertError('skip-run', `The server answered ${status} when asked for ${what}${says}.`, {
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
export function nobodyError(cause: unknown, { what, url, server }: Asked): ConvertError {
  if (url.origin !== server.origin) {
    return new ConvertError('skip-run', `Nothing answers at ${url.origin}, where ${what} should be.`, { cause });
  }
  return new ConvertError('fatal', `No tracking server answers at ${server.shown}.`, {
    hint: 'Is the address right, and is the server running?',
    cause,
  });
}

/** TLS does not accept the server's certificate. */
export function untrustedError(cause: unknown, { url, server }: Asked): ConvertError {
  const kind = url.origin === server.origin ? 'fatal' : 'skip-run';
  return new ConvertError(kind, `The certificate of ${url.origin} is not trusted: ${reasonOf(cause)}.`, {
    hint: 'Set MLFLOW_TRACKING_SERVER_CERT_PATH to that of its authority, or MLFLOW_TRACKING_INSECURE_TLS=true.',
    cause,
  });
}

/** Something answers, but not in TLS. */
export function noTlsError(cause: unknown, { url, server }: Asked): ConvertError {
  const kind = url.origin === server.origin ? 'fatal' : 'skip-run';
  return new ConvertError(kind, `What answers at ${url.origin} does not speak TLS.`, {
    hint: `Perhaps http://${url.host} is meant.`,
    cause,
  });
}

/** An answer that no MLflow gives: that of a proxy, a login, or of something else altogether. */
export function noJsonError({ what, url, server, ofArtifacts }: Asked): ConvertError {
  const kind = url.origin === server.origin && !ofArtifacts ? 'fatal' : 'skip-run';
  return new ConvertError(kind, `${url.origin} answers with a web page when asked for ${what}.`, {
    hint: 'Is this the address of an MLflow server, and can it be reached without a login page?',
    where: url.origin + url.pathname,
  });
}

/** Every attempt has failed. */
export function gaveUpError(cause: unknown, attempts: number, { what, server }: Asked): ConvertError {
  const reason = cause instanceof SyntaxError ? 'its answer was cut' : reasonOf(cause);
  const message = `The server could not give ${what} in ${attempts} attempts: ${reason}.`;
  return new ConvertError('skip-run', message, { where: server.shown, cause });
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text === '' ? 'no reason given' : text).replace(/\.$/, '');
}
