import { ConvertError, errorCode } from '../../errors.js';
import { IDLE_TIMEOUT } from './idle-guard.js';
import { MEANINGS, type Meaning, PERMISSION_DENIED } from './server-meanings.js';

/** Codes of a lost connection: because of the server, the network, or an idle timeout. */
const LOST: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  IDLE_TIMEOUT,
  '08003',
  '08006',
  '25P03',
  '57P01',
  '57P02',
  'PROTOCOL_CONNECTION_LOST',
  'ER_CONNECTION_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
]);

/** Codes of a server that is restarting. */
const DOWN: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ETIMEDOUT', '57P03', 'ER_SERVER_SHUTDOWN']);

/** Whether a connection was lost; another one may work. */
export function isConnectionLost(error: unknown): boolean {
  return LOST.has(codeBehind(error) ?? '');
}

/** Whether the server cannot be reached, but may be soon. */
export function isServerDown(error: unknown): boolean {
  return DOWN.has(codeBehind(error) ?? '');
}

/** Whether this user lacks a permission. */
export function isPermissionDenied(error: unknown): boolean {
  return MEANINGS.get(codeBehind(error) ?? '') === PERMISSION_DENIED;
}

function codeBehind(error: unknown): string | undefined {
  const cause = error instanceof ConvertError ? error.cause : error;
  return errorCode(cause) ?? codeOfFirst(cause);
}

/**
 * Turns an error of a database server into one for people. An unknown error concerns the run that was being read (`skip-run`). The
 * drivers' own messages contain users and hosts, but never a password.
 *
 * @param uri the database without credentials
 */
export function serverError(cause: unknown, uri: string): ConvertError {
  if (cause instanceof ConvertError) return cause;
  const meaning = MEANINGS.get(codeBehind(cause) ?? '');
  const message = cause instanceof Error ? cause.message : String(cause);
  const { kind, code, says, hint }: Meaning = meaning ?? {
    kind: 'skip-run',
    code: 'server-error',
    says: `reports: ${message.replace(/\.$/, '')}`,
  };
  return new ConvertError(kind, code, `The database ${uri} ${says}.`, {
    where: uri,
    cause,
    ...(hint !== undefined && { hint }),
  });
}

/** Node tries all addresses of a host, and collects their errors. */
function codeOfFirst(cause: unknown): string | undefined {
  return cause instanceof AggregateError ? errorCode(cause.errors[0]) : undefined;
}
