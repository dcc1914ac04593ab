import { resolve } from 'node:path';
import { ConvertError } from '../../errors.js';
import { percentDecode } from '../locations/percent-decode.js';

/** A SQLite file. */
export interface SqliteAddress {
  readonly dialect: 'sqlite';
  /** Absolute paths to try in this order: SQLAlchemy 2.1 percent-decodes the path, 2.0 takes it literally. */
  readonly paths: readonly string[];
  /** `immutable=1` of a SQLite URI: nobody writes to the file, so no locks are needed. */
  readonly immutable: boolean;
}

/** A database server. Parts that the URI does not have are absent. */
export interface ServerAddress {
  readonly dialect: 'postgresql' | 'mysql';
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  /** The parameters after `?`, decoded; a name may occur several times. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** The URI without user, password and query, for messages and for the repository. */
  readonly uri: string;
}

export type DatabaseAddress = SqliteAddress | ServerAddress;

/** Matches a URL as sqlalchemy.engine.url does: the password ends at the first `@`, and may contain `/` and `:`. */
const SHAPE =
  /^[\w+]+:\/\/(?:([^:/]*)(?::([^@]*))?@)?(?:(?:\[([^/?]+)\]|([^/:?]+))?(?::([^/?]*))?)?(?:\/([^?]*))?(?:\?(.*))?$/s;

/**
 * Parses a database URI of SQLAlchemy: `dialect[+driver]://user:password@host:port/database?name=value`, `sqlite:///relative.db`,
 * `sqlite:////absolute.db`. Throws a `fatal` error that quotes nothing of the URI but its scheme: parts of an unencoded password may be
 * anywhere in it.
 *
 * @param dialect the scheme without `+driver`
 */
export function parseDatabaseUri(uri: string, dialect: DatabaseAddress['dialect']): DatabaseAddress {
  const match = SHAPE.exec(uri);
  if (match === null) throw malformed(uri, `The form is ${EXAMPLES[dialect]}.`);
  const [, user, password, ipv6, name, portText, path = '', queryText = ''] = match;
  const query = parseQuery(queryText);
  if (dialect === 'sqlite') return sqliteAddress(uri, path, query);

  const host = ipv6 ?? name;
  if (host?.includes('@')) throw malformed(uri, 'Write an @ in the user name or password as %40.');
  if (portText !== undefined && !/^\d{1,5}$/.test(portText)) {
    throw malformed(uri, 'Its port is not a number. Write a : or @ in the password as %3A or %40.');
  }
  if (portText !== undefined && (Number(portText) < 1 || Number(portText) > 65_535)) {
    throw malformed(uri, 'A port is a number from 1 to 65535.');
  }
  const database = percentDecode(path);
  const place = ipv6 === undefined ? (host ?? '') : `[${ipv6}]`;
  return {
    dialect,
    ...present('user', user && percentDecode(user)),
    ...present('password', password && percentDecode(password)),
    ...present('host', host),
    ...present('port', portText === undefined ? undefined : Number(portText)),
    ...present('database', database),
    query,
    uri: `${schemeOf(uri)}://${place}${portText === undefined ? '' : `:${portText}`}/${path}`,
  };
}

const EXAMPLES: Readonly<Record<DatabaseAddress['dialect'], string>> = {
  sqlite: 'sqlite:///path/to/mlflow.db (four slashes for an absolute path)',
  postgresql: 'postgresql://user:password@host:5432/database',
  mysql: 'mysql://user:password@host:3306/database',
};

/** The last value of a query parameter. */
export function parameter(address: ServerAddress, name: string): string | undefined {
  return address.query.get(name)?.at(-1);
}

function sqliteAddress(uri: string, path: string, query: ServerAddress['query']): SqliteAddress {
  if (path === '' && /^[\w+]+:\/\/[^/?]/.test(uri))
    throw malformed(uri, `A path needs three slashes before it: ${EXAMPLES.sqlite}.`);
  if (path === '' || path === ':memory:' || query.get('mode')?.includes('memory')) {
    throw malformed(uri, `A database in memory cannot be read from another process. A file is ${EXAMPLES.sqlite}.`);
  }
  // sqlite:///file:/abs.db?uri=true, a URI of SQLite itself
  const plain = path.startsWith('file:') ? path.slice('file:'.length).replace(/^\/\/(?:localhost)?(?=\/)/, '') : path;
  const decoded = percentDecode(plain);
  const paths = path === plain ? [plain, decoded] : [decoded];
  return {
    dialect: 'sqlite',
    paths: [...new Set(paths.map((each) => resolve(each)))],
    immutable: query.get('immutable')?.includes('1') ?? false,
  };
}

function schemeOf(uri: string): string {
  return uri.slice(0, uri.indexOf(':')).toLowerCase();
}

function malformed(uri: string, hint: string): ConvertError {
  return new ConvertError(
    'fatal',
    'invalid-argument',
    `The ${/^[\w+]+/.exec(uri)?.[0] ?? 'database'}: URI is invalid.`,
    {
      hint,
    },
  );
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

/** As Python's `parse_qsl`: `+` means a space in a query, and only there. */
function parseQuery(text: string): Map<string, readonly string[]> {
  const query = new Map<string, readonly string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    const decode = (part: string): string => percentDecode(part.replaceAll('+', ' '));
    query.set(decode(name), [...(query.get(decode(name)) ?? []), decode(value)]);
  }
  return query;
}
