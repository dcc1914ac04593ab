import type { ErrorCode, ErrorKind } from '../../errors.js';
import { IDLE_TIMEOUT } from './idle-guard.js';

/** What an error of a database server means for a conversion. */
export interface Meaning {
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  /** Completes the sentence `The database …`. */
  readonly says: string;
  readonly hint?: string;
}

/** The server requires a password and none was given; the driver has no code for that. */
export const NO_PASSWORD = 'MLFLOW2AIM_NO_PASSWORD';

/** TLS is required and the server does not support it; the driver has no code for that. */
export const NO_TLS = 'MLFLOW2AIM_NO_TLS';

const UNREACHABLE = 'Check host, port and network, and that the server is running.';
const CREDENTIALS = 'Check user and password. In the URI, characters like @ : / have to be percent-encoded.';
const AGAIN = 'Run again: finished work is not repeated.';
const OTHER_SERVER = 'Check host and port, and that it is a database server of this kind.';

const fatal = (code: ErrorCode, says: string, hint?: string): Meaning => ({
  kind: 'fatal',
  code,
  says,
  ...(hint !== undefined && { hint }),
});
const temporary = (code: ErrorCode, says: string, hint = AGAIN): Meaning => ({ kind: 'skip-run', code, says, hint });

/** This user lacks the permission to read a table. */
export const PERMISSION_DENIED = temporary(
  'permission-denied',
  "no longer lets this user read one of MLflow's tables",
  'Grant SELECT on all of them.',
);

const IDLE = temporary('server-error', 'closed the connection, which was idle for a minute');
const ENDED = temporary('server-error', 'terminated the connection');
const CLOSED = temporary('server-error', 'closed the connection');
const TOO_LONG = temporary('server-error', 'cancelled a query that took too long');
const LOCKED = temporary('busy', 'did not grant a lock in time');
const FULL = fatal('server-error', 'has no connection left', 'Lower --concurrency.');
const NOT_LET_IN = fatal('auth-failed', 'refuses this user', CREDENTIALS);
const NO_DATABASE = fatal('source-not-found', 'does not exist');
const GONE_TABLE = temporary(
  'changed-while-reading',
  'lost a table or column while it was being read: it is being upgraded or removed',
);
const UNTRUSTED = fatal(
  'tls-failed',
  'has a certificate that is not trusted',
  'Give the certificate of its authority in the URI: sslrootcert (PostgreSQL), ssl_ca (MySQL).',
);

/** By system codes, PostgreSQL's SQLSTATEs and MySQL's error names. */
export const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['ECONNREFUSED', fatal('unreachable', 'refuses connections', UNREACHABLE)],
  ['ENOTFOUND', fatal('unreachable', 'cannot be reached: unknown host name', UNREACHABLE)],
  ['EAI_AGAIN', fatal('unreachable', 'cannot be reached: its host name cannot be resolved at the moment', UNREACHABLE)],
  ['ENOENT', fatal('unreachable', 'cannot be reached: the socket does not exist', UNREACHABLE)],
  [
    'EACCES',
    fatal('permission-denied', 'cannot be reached: permission denied for its socket', 'Give this user access to it.'),
  ],
  ['ETIMEDOUT', fatal('unreachable', 'does not respond', UNREACHABLE)],
  ['EHOSTUNREACH', fatal('unreachable', 'cannot be reached', UNREACHABLE)],
  ['ENETUNREACH', fatal('unreachable', 'cannot be reached', UNREACHABLE)],
  ['ECONNRESET', CLOSED],
  ['EPIPE', CLOSED],
  [IDLE_TIMEOUT, temporary('unreachable', 'has not responded for too long', `${UNREACHABLE} ${AGAIN}`)],
  [NO_PASSWORD, fatal('auth-failed', 'requires a password', 'Give it in the URI, as PGPASSWORD or in ~/.pgpass.')],
  [
    NO_TLS,
    fatal(
      'tls-failed',
      'does not support TLS, which sslmode requires',
      'Leave sslmode out, or enable TLS on the server.',
    ),
  ],

  ['28000', NOT_LET_IN],
  ['28P01', fatal('auth-failed', 'does not accept the password', CREDENTIALS)],
  ['3D000', NO_DATABASE],
  ['42501', PERMISSION_DENIED],
  ['42P01', GONE_TABLE],
  ['42703', GONE_TABLE],
  ['25P03', IDLE],
  ['40001', temporary('server-error', 'cancelled the query because of a conflict with replication')],
  [
    '53100',
    temporary('server-error', 'has no space left to sort the result', 'Free some space on the server, and run again.'),
  ],
  ['53200', temporary('server-error', 'has no memory left')],
  ['53300', FULL],
  ['55P03', LOCKED],
  ['57014', TOO_LONG],
  ['57P01', ENDED],
  ['57P02', temporary('server-error', 'terminated the connection because of a crash')],
  ['57P03', fatal('unreachable', 'is starting up', AGAIN)],

  ['ER_ACCESS_DENIED_ERROR', NOT_LET_IN],
  ['ER_ACCESS_DENIED_NO_PASSWORD_ERROR', NOT_LET_IN],
  ['ER_HOST_NOT_PRIVILEGED', fatal('auth-failed', 'refuses this host')],
  [
    'ER_HOST_IS_BLOCKED',
    fatal('auth-failed', 'has blocked this host', 'An administrator can unblock it: FLUSH HOSTS.'),
  ],
  ['ER_DBACCESS_DENIED_ERROR', fatal('auth-failed', 'refuses this user', CREDENTIALS)],
  ['ER_BAD_DB_ERROR', NO_DATABASE],
  [
    'ER_NO_DB_ERROR',
    fatal('source-not-found', 'is not named in the URI', 'The form is mysql://user:password@host:3306/database.'),
  ],
  ['ER_TABLEACCESS_DENIED_ERROR', PERMISSION_DENIED],
  ['ER_COLUMNACCESS_DENIED_ERROR', PERMISSION_DENIED],
  ['ER_NO_SUCH_TABLE', GONE_TABLE],
  ['ER_BAD_FIELD_ERROR', GONE_TABLE],
  ['ER_CON_COUNT_ERROR', FULL],
  ['ER_TOO_MANY_USER_CONNECTIONS', FULL],
  ['ER_USER_LIMIT_REACHED', FULL],
  ['ER_LOCK_WAIT_TIMEOUT', LOCKED],
  ['ER_QUERY_INTERRUPTED', temporary('server-error', 'cancelled the query')],
  ['ER_QUERY_TIMEOUT', TOO_LONG],
  ['ER_STATEMENT_TIMEOUT', TOO_LONG],
  ['ER_CONNECTION_KILLED', ENDED],
  ['ER_CLIENT_INTERACTION_TIMEOUT', IDLE],
  ['ER_SERVER_SHUTDOWN', fatal('unreachable', 'is shutting down', AGAIN)],
  ['ER_SECURE_TRANSPORT_REQUIRED', fatal('tls-failed', 'requires TLS', 'Add ?ssl_ca=FILE, or ?ssl=true, to the URI.')],
  [
    'HANDSHAKE_NO_SSL_SUPPORT',
    fatal(
      'tls-failed',
      'does not support TLS, which the URI requires',
      'Leave ssl_… out, or enable TLS on the server.',
    ),
  ],
  ['PROTOCOL_CONNECTION_LOST', CLOSED],
  [
    'PROTOCOL_PACKETS_OUT_OF_ORDER',
    fatal('not-mlflow', 'sends responses that are not those of a database', OTHER_SERVER),
  ],

  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['CERT_HAS_EXPIRED', fatal('tls-failed', 'has an expired certificate')],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    fatal('tls-failed', 'has a certificate for another host name', 'Use the host name of its certificate.'),
  ],
]);
