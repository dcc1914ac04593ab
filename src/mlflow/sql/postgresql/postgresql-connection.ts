import { Socket } from 'node:net';
import type pg from 'pg';
import { errorCode } from '../../../errors.js';
import type { Row } from '../database.js';
import { copyStreams, postgresqlDriver } from '../drivers.js';
import type { MetricColumns } from '../metric-columns.js';
import type { MetricTable } from '../metric-table.js';
import { asLost, type Backend, type BackendState, connected, type ServerConnection } from '../server-connection.js';
import { NO_PASSWORD, NO_TLS } from '../server-meanings.js';
import { COPIED, CopyRows } from './copy-rows.js';

/** How long a suspended process or machine may keep a table from being altered; milliseconds. */
const MAX_ABSENCE = 60_000;

/**
 * A read-only snapshot without a time limit, as long as the client responds: a suspended one is "idle in transaction" between two queries,
 * and accepts no bytes during a query (PostgreSQL ≥ 12).
 */
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = ${MAX_ABSENCE};
  SELECT set_config('tcp_user_timeout', '${MAX_ABSENCE}', true) WHERE current_setting('tcp_user_timeout', true) IS NOT NULL;
  SELECT pg_backend_pid()::text, pg_postmaster_start_time()::text`;

/** Includes the holders of locks, and their queries as far as PostgreSQL shows them to this user. */
const STATE = `SELECT pg_postmaster_start_time()::text, a.state, a.wait_event_type, a.wait_event,
    (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ') FROM pg_locks l
      WHERE l.pid = a.pid AND NOT l.granted),
    CASE a.wait_event_type WHEN 'Lock' THEN (SELECT string_agg(format('pid %s (%s)', b.pid, left(b.query, 100)), ', ')
      FROM pg_stat_activity b WHERE b.pid = ANY (pg_blocking_pids(a.pid))) END
  FROM (VALUES (1)) one LEFT JOIN pg_stat_activity a ON a.pid = ?::int`;

const NO_TLS_TEXT = /does not support SSL/;
const WITHOUT_PASSWORD = /client password must be a string/;

/** Leaves all values as the text that PostgreSQL sends. */
const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value.toString() };

/** A connection of the `pg` package. */
export class PostgresqlConnection implements ServerConnection {
  backend: Backend | undefined;
  /** There is no pooler in between, which would give each transaction any free backend. */
  #isDirect = false;

  private constructor(
    readonly socket: Socket,
    /** `processID` is what the server, or a pooler, said when connecting. */
    private readonly client: pg.Client & { readonly processID?: number | null },
  ) {}

  /** @param milliseconds for connecting */
  static async open(config: pg.ClientConfig, milliseconds: number, signal: AbortSignal): Promise<PostgresqlConnection> {
    const socket = new Socket();
    const client = new (postgresqlDriver().Client)({ ...config, stream: () => socket });
    // a broken connection is reported to whoever is using it; an unused one is no loss
    client.on('error', () => undefined);
    const connection = new PostgresqlConnection(socket, client);
    try {
      await connected(client.connect(), socket, milliseconds, signal);
      return connection;
    } catch (cause) {
      throw coded(cause, client);
    }
  }

  async begin(): Promise<void> {
    if (!this.#isDirect) this.backend = undefined;
    const config = { text: BEGIN, rowMode: 'array', types: AS_TEXT } as const;
    const results = (await this.received(this.client.query(config))) as unknown as pg.QueryArrayResult<string[]>[];
    const [[id = '', server = ''] = []] = results.at(-1)?.rows ?? [];
    this.backend = { id, server };
    this.#isDirect = id === String(this.client.processID);
  }

  async commit(): Promise<void> {
    await this.received(this.client.query('COMMIT'));
  }

  readonly query = async (sql: string, parameters: readonly string[] = []): Promise<Row[]> => {
    let number = 0;
    const text = sql.replace(/\?/g, () => `$${++number}`);
    const config = { text, values: [...parameters], rowMode: 'array', types: AS_TEXT } as const;
    const { rows } = await this.received(this.client.query<(string | null)[]>(config));
    return rows;
  };

  async *points(
    condition: string,
    parameters: readonly string[],
    into: MetricTable | MetricColumns,
  ): AsyncGenerator<void, void, void> {
    const rows = new CopyRows(into);
    const select = `SELECT ${COPIED}${'of' in into ? ', key::text' : ''} FROM metrics WHERE ${condition}`;
    const copy = `COPY (${withLiterals(select, parameters)}) TO STDOUT (FORMAT binary)`;
    const stream = this.client.query(copyStreams().to(copy));
    // a consumer that leaves half way closes the connection, which then reports to a stream without listeners
    stream.on('error', () => undefined);
    try {
      for await (const chunk of stream) {
        rows.push(chunk as Buffer);
        yield;
      }
    } catch (cause) {
      throw asLost(cause, this);
    }
    rows.end();
  }

  async stateOf({ id, server }: Backend): Promise<BackendState> {
    const [[itself, state, type, event, relations, holders] = []] = await this.query(STATE, [id]);
    if (itself !== server) return { is: 'unknown' };
    if (state === 'active' && type === 'Lock') return { is: 'locked', lock: lockText(relations, holders) };
    // a backend without activity tracking; one that is gone has no state at all
    if (state === 'disabled') return { is: 'unknown' };
    return { is: state === 'active' && event !== 'ClientWrite' ? 'busy' : 'done' };
  }

  leave(): void {
    void this.client.end().catch(() => undefined);
  }

  private async received<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      throw asLost(cause, this);
    }
  }
}

/** Adds a code to the driver's own errors, which have none. */
function coded(cause: unknown, { password }: pg.Client): unknown {
  const isServers = cause instanceof postgresqlDriver().DatabaseError;
  if (isServers || !(cause instanceof Error)) return cause;
  if (NO_TLS_TEXT.test(cause.message)) return Object.assign(cause, { code: NO_TLS });
  if (password === null && WITHOUT_PASSWORD.test(cause.message)) return Object.assign(cause, { code: NO_PASSWORD });
  return errorCode(cause) === undefined ? Object.assign(cause, { code: 'ECONNRESET' }) : cause;
}

function lockText(relations: string | null | undefined, holders: string | null | undefined): string {
  return `a lock${relations ? ` on ${relations}` : ''}${holders ? `, held by ${holders.replace(/\s+/g, ' ')}` : ''}`;
}

/** COPY does not support parameters. */
function withLiterals(sql: string, parameters: readonly string[]): string {
  const { escapeLiteral } = postgresqlDriver();
  let at = 0;
  return sql.replace(/\?/g, () => escapeLiteral(parameters[at++] ?? ''));
}
