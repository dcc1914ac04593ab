import { ConvertError, type ErrorKind, errorCode } from '../../errors.js';
import { SILENT } from './silence.js';

interface Meaning {
  readonly kind: ErrorKind;
  readonly says: string;
  readonly hint?: string;
}

const UNREACHABLE = 'Check host, port and network, and that the server runs.';
const CREDENTIALS = 'Check user and password; in the URI, characters like @ : / have to be percent-encoded.';
const AGAIN = 'Run again: what is done already is not done twice.';

const DENIED: Meaning = {
  kind: 'skip-run',
  says: "does not let this user read one of MLflow's tables any more",
  hint: 'Grant SELECT on all of them.',
};

/** System codes, PostgreSQL's SQLSTATEs and MySQL's error names. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: { kind: 'fatal', says: 'refuses connections', hint: UNREACHABLE },
  ENOTFOUND: { kind: 'fatal', says: 'cannot be reached: its host name is not known', hint: UNREACHABLE },
  EAI_AGAIN: { kind: 'fatal', says: 'cannot be reached: its host name cannot be looked up now', hint: UNREACHABLE },
  ENOENT: { kind: 'fatal', says: 'cannot be reached: there is no such socket', hint: UNREACHABLE },
  ETIMEDOUT: { kind: 'fatal', says: 'does not answer', hint: UNREACHABLE },
  EHOSTUNREACH: { kind: 'fatal', says: 'cannot be reached', hint: UNREACHABLE },
  ENETUNREACH: { kind: 'fatal', says: 'cannot be reached', hint: UNREACHABLE },
  ECONNRESET: { kind: 'skip-run', says: 'closed the connection', hint: AGAIN },
  [SILENT]: { kind: 'skip-run', says: 'has not answered for too long', hint: `${UNREACHABLE} ${AGAIN}` },
  EPIPE: { kind: 'skip-run', says: 'closed the connection', hint: AGAIN },
  '28000': { kind: 'fatal', says: 'does not let this user in', hint: CREDENTIALS },
  '28P01': { kind: 'fatal', says: 'does not accept the password', hint: CREDENTIALS },
  '3D000': { kind: 'fatal', says: 'has no database of that name' },
  '42501': DENIED,
  '53300': { kind: 'fatal', says: 'has no connection left', hint: 'Lower --concurrency.' },
  '57014': { kind: 'skip-run', says: 'cancelled the query', hint: AGAIN },
  '25P03': { kind: 'skip-run', says: 'ended the connection, because nothing was asked for a minute', hint: AGAIN },
  '57P01': { kind: 'skip-run', says: 'ended the connection', hint: AGAIN },
  '57P02': { kind: 'skip-run', says: 'ended the connection, because it broke down', hint: AGAIN },
  '57P03': { kind: 'fatal', says: 'is starting up', hint: AGAIN },
  '40001': { kind: 'skip-run', says: 'cancelled the query, because it is a replica that had to go on', hint: AGAIN },
  ER_ACCESS_DENIED_ERROR: { kind: 'fatal', says: 'does not let this user in', hint: CREDENTIALS },
  ER_DBACCESS_DENIED_ERROR: { kind: 'fatal', says: 'does not let this user into the database', hint: CREDENTIALS },
  ER_BAD_DB_ERROR: { kind: 'fatal', says: 'has no database of that name' },
  ER_TABLEACCESS_DENIED_ERROR: DENIED,
  ER_COLUMNACCESS_DENIED_ERROR: DENIED,
  ER_CON_COUNT_ERROR: { kind: 'fatal', says: 'has no connection left', hint: 'Lower --concurrency.' },
  ER_CONNECTION_KILLED: { kind: 'skip-run', says: 'ended the connection', hint: AGAIN },
  ER_CLIENT_INTERACTION_TIMEOUT: {
    kind: 'skip-run',
    says: 'ended the connection, because nothing was asked for a minute',
    hint: AGAIN,
  },
  ER_SERVER_SHUTDOWN: { kind: 'fatal', says: 'is being shut down', hint: AGAIN },
  PROTOCOL_CONNECTION_LOST: { kind: 'skip-run', says: 'closed the connection', hint: AGAIN },
};

/** What a connection dies of: the server, the network, or a silence that was too long. */
const LOST: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  SILENT,
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
export function isLost(error: unknown): boolean {
  return LOST.has(codeBehind(error) ?? '');
}

/** Whether the server cannot be reached, and may be soon. */
export function isAway(error: unknown): boolean {
  return AWAY.has(codeBehind(error) ?? '');
}

/** Whether this user has no right to what was asked for. */
export function isDenied(error: unknown): boolean {
  const code = codeBehind(error) ?? '';
  return Object.hasOwn(MEANINGS, code) && MEANINGS[code] === DENIED;
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
  const meaning = code === undefined ? undefined : MEANINGS[code];
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
