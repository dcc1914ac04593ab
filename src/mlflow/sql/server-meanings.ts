import type { ErrorKind } from '../../errors.js';
import { IDLE_TIMEOUT } from './idle-guard.js';

/** What an error of a database server means to somebody who converts runs. */
export interface Meaning {
  readonly kind: ErrorKind;
  /** What follows `The database …`. */
  readonly says: string;
  readonly hint?: string;
}

/** The server asks for a password, and there is none to give it; the driver has no code for that. */
export const NO_PASSWORD = 'MLFLOW2AIM_NO_PASSWORD';

/** TLS is asked for, and the server has none; the driver has no code for that. */
export const NO_TLS = 'MLFLOW2AIM_NO_TLS';

const UNREACHABLE = 'Check host, port and network, and that the server runs.';
const CREDENTIALS = 'Check user and password; in the URI, characters like @ : / have to be percent-encoded.';
const AGAIN = 'Run again: what is done already is not done twice.';
const OTHER_SERVER = 'Check host and port: is it a database server of this kind?';

const fatal = (says: string, hint?: string): Meaning => ({ kind: 'fatal', says, ...(hint !== undefined && { hint }) });
const passing = (says: string, hint = AGAIN): Meaning => ({ kind: 'skip-run', says, hint });

/** This user has no right to a table. */
export const PERMISSION_DENIED = passing(
  "does not let this user read one of MLflow's tables any more",
  'Grant SELECT on all of them.',
);

const IDLE = passing('ended the connection, because nothing was asked for a minute');
const ENDED = passing('ended the connection');
const CLOSED = passing('closed the connection');
const TOO_LONG = passing('cancelled a query that took too long for it');
const LOCKED = passing('did not get a lock in time');
const FULL = fatal('has no connection left', 'Lower --concurrency.');
const NOT_LET_IN = fatal('does not let this user in', CREDENTIALS);
const NO_DATABASE = fatal('has no database of that name');
const GONE_TABLE = passing('has lost a table or column while it was read: somebody upgrades or removes it');
const UNTRUSTED = fatal(
  'shows a certificate that is not trusted',
  'Name the certificate of its authority in the URI: sslrootcert (PostgreSQL), ssl_ca (MySQL).',
);

/** By system codes, PostgreSQL's SQLSTATEs and MySQL's error names. */
export const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['ECONNREFUSED', fatal('refuses connections', UNREACHABLE)],
  ['ENOTFOUND', fatal('cannot be reached: its host name is not known', UNREACHABLE)],
  ['EAI_AGAIN', fatal('cannot be reached: its host name cannot be looked up now', UNREACHABLE)],
  ['ENOENT', fatal('cannot be reached: there is no such socket', UNREACHABLE)],
  ['EACCES', fatal('cannot be reached: this user may not use its socket', 'Give this user the right to it.')],
  ['ETIMEDOUT', fatal('does not answer', UNREACHABLE)],
  ['EHOSTUNREACH', fatal('cannot be reached', UNREACHABLE)],
  ['ENETUNREACH', fatal('cannot be reached', UNREACHABLE)],
  ['ECONNRESET', CLOSED],
  ['EPIPE', CLOSED],
  [IDLE_TIMEOUT, passing('has not answered for too long', `${UNREACHABLE} ${AGAIN}`)],
  [NO_PASSWORD, fatal('asks for a password', 'Give it in the URI, as PGPASSWORD or in ~/.pgpass.')],
  [NO_TLS, fatal('has no TLS, which sslmode asks for', 'Leave sslmode out, or turn TLS on at the server.')],

  ['28000', NOT_LET_IN],
  ['28P01', fatal('does not accept the password', CREDENTIALS)],
  ['3D000', NO_DATABASE],
  ['42501', PERMISSION_DENIED],
  ['42P01', GONE_TABLE],
  ['42703', GONE_TABLE],
  ['25P03', IDLE],
  ['40001', passing('cancelled the query, because it is a replica that had to go on')],
  ['53100', passing('has no space left to sort what is read', 'Free some space at the server, and run again.')],
  ['53200', passing('has no memory left')],
  ['53300', FULL],
  ['55P03', LOCKED],
  ['57014', TOO_LONG],
  ['57P01', ENDED],
  ['57P02', passing('ended the connection, because it broke down')],
  ['57P03', fatal('is starting up', AGAIN)],

  ['ER_ACCESS_DENIED_ERROR', NOT_LET_IN],
  ['ER_ACCESS_DENIED_NO_PASSWORD_ERROR', NOT_LET_IN],
  ['ER_HOST_NOT_PRIVILEGED', fatal('does not let this host in')],
  ['ER_HOST_IS_BLOCKED', fatal('has blocked this host', 'An administrator unblocks it: FLUSH HOSTS.')],
  ['ER_DBACCESS_DENIED_ERROR', fatal('does not let this user into the database', CREDENTIALS)],
  ['ER_BAD_DB_ERROR', NO_DATABASE],
  [
    'ER_NO_DB_ERROR',
    fatal('is not named in the URI', 'Its name comes last: mysql://user:password@host:3306/database.'),
  ],
  ['ER_TABLEACCESS_DENIED_ERROR', PERMISSION_DENIED],
  ['ER_COLUMNACCESS_DENIED_ERROR', PERMISSION_DENIED],
  ['ER_NO_SUCH_TABLE', GONE_TABLE],
  ['ER_BAD_FIELD_ERROR', GONE_TABLE],
  ['ER_CON_COUNT_ERROR', FULL],
  ['ER_TOO_MANY_USER_CONNECTIONS', FULL],
  ['ER_USER_LIMIT_REACHED', FULL],
  ['ER_LOCK_WAIT_TIMEOUT', LOCKED],
  ['ER_QUERY_INTERRUPTED', passing('cancelled the query')],
  ['ER_QUERY_TIMEOUT', TOO_LONG],
  ['ER_STATEMENT_TIMEOUT', TOO_LONG],
  ['ER_CONNECTION_KILLED', ENDED],
  ['ER_CLIENT_INTERACTION_TIMEOUT', IDLE],
  ['ER_SERVER_SHUTDOWN', fatal('is being shut down', AGAIN)],
  ['ER_SECURE_TRANSPORT_REQUIRED', fatal('asks for TLS', 'Add ?ssl_ca=FILE, or ?ssl=true, to the URI.')],
  ['HANDSHAKE_NO_SSL_SUPPORT', fatal('has no TLS, which the URI asks for', 'Leave ssl_… out, or turn TLS on.')],
  ['PROTOCOL_CONNECTION_LOST', CLOSED],
  ['PROTOCOL_PACKETS_OUT_OF_ORDER', fatal('answers in a way that is not understood', OTHER_SERVER)],

  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['CERT_HAS_EXPIRED', fatal('shows a certificate that has expired')],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    fatal('shows a certificate of another host', 'Name the host as its certificate does.'),
  ],
]);
