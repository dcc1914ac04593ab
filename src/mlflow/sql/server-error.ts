import { ConvertError, errorCode } from '../../errors.js';
import { IDLE_TIMEOUT } from './idle-guard.js';
import { MEANINGS, type Meaning, PERMISSION_DENIED } from './server-meanings.js';

/** What a connection dies of: the server, the network, or a silence that was too long. */
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

/** What a server answers, or the system for it, that is being started again. */
const AWAY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ETIMEDOUT', '57P03', 'ER_SERVER_SHUTDOWN']);

/** Whether a connection was lost, so that another one may do. */
export function isConnectionLost(error: unknown): boolean {
  return LOST.has(codeBehind(error) ?? '');
}

/** Whether the server cannot be reached, and may be soon. */
export function isServerDown(error: unknown): boolean {
  return AWAY.has(codeBehind(error) ?? '');
}

/** Whether this user has no right to what was asked for. */
export function isPermissionDenied(error: unknown): boolean {
  return MEANINGS.get(codeBehind(error) ?? '') === PERMISSION_DENIED;
}

function codeBehind(error: unknown): string | undefined {
  const cause = error instanceof ConvertError ? error.cause : error;
  return errorCode(cause) ?? codeOfFirst(cause);
}

/**
 * An error of a database server as a sentence. One that is not known concerns the run that was read; where there was none, it
 * is fatal for whoever listed runs. The drivers' own messages name users and hosts, but never a password.
 *
 * @param uri the database without credentials
 */
export function serverError(cause: unknown, uri: string): ConvertError {
  if (cause instanceof ConvertError) return cause;
  const code = codeBehind(cause);
  const meaning = code === undefined ? undefined : MEANINGS.get(code);
  const message = cause instanceof Error ? cause.message : String(cause);
  const { kind, says, hint }: Meaning = meaning ?? { kind: 'skip-run', says: `reports: ${message.replace(/\.$/, '')}` };
  return new ConvertError(kind, `The database ${uri} ${says}.`, {
    where: uri,
    cause,
    ...(hint !== undefined && { hint }),
  });
}

/** Node tries all addresses of a host, and gathers what it met. */
function codeOfFirst(cause: unknown): string | undefined {
  return cause instanceof AggregateError ? errorCode(cause.errors[0]) : undefined;
}
