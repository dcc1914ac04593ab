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

/** A process that was stopped, or a machine that sleeps, must not keep a table from being altered for longer; ms. */
const ABSENT = 60_000;

/**
 * Cannot write, sees one state of the database, and may take its time, as long as somebody listens: a client that has
 * stopped is "idle in transaction" between two queries, and takes no bytes in the middle of one (PostgreSQL ≥ 12).
 */
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = ${ABSENT};
  SELECT set_config('tcp_user_timeout', '${ABSENT}', true) WHERE current_setting('tcp_user_timeout', true) IS NOT NULL;
  SELECT pg_backend_pid()::text, pg_postmaster_start_time()::text`;

/** Holders of locks are named; what they run is shown by PostgreSQL to whom it concerns. */
const STATE = `SELECT pg_postmaster_start_time()::text, a.state, a.wait_event_type, a.wait_event,
    (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ') FROM pg_locks l
      WHERE l.pid = a.pid AND NOT l.granted),
    CASE a.wait_event_type WHEN 'Lock' THEN (SELECT string_agg(format('pid %s (%s)', b.pid, left(b.query, 100)), ', ')
      FROM pg_stat_activity b WHERE b.pid = ANY (pg_blocking_pids(a.pid))) END
  FROM (VALUES (1)) one LEFT JOIN pg_stat_activity a ON a.pid = ?::int`;

const NO_TLS_TEXT = /does not support SSL/;
const WITHOUT_PASSWORD = /client password must be a string/;

/** All values as the text that PostgreSQL sends. */
const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value.toString() };

/** A connection of the `pg` package. */
export class PostgresqlConnection implements ServerConnection {
  backend: Backend | undefined;
  /** Between us and the server there is no pooler, which gives each transaction a backend that is free. */
  #isDirect = false;

  private constructor(
    readonly socket: Socket,
    /** `processID` is what the server, or a pooler, has called itself at the beginning. */
    private readonly client: pg.Client & { readonly processID?: number | null },
  ) {}

  /** @param config without a timeout, which is `milliseconds` */
  static async open(config: pg.ClientConfig, milliseconds: number, signal: AbortSignal): Promise<PostgresqlConnection> {
    const socket = new Socket();
    const client = new (postgresqlDriver().Client)({ ...config, stream: () => socket });
    // one that breaks says so to whoever uses it; one that nobody uses is no loss
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
    const results = (await this.heard(this.client.query(config))) as unknown as pg.QueryArrayResult<string[]>[];
    const [[id = '', server = ''] = []] = results.at(-1)?.rows ?? [];
    this.backend = { id, server };
    this.#isDirect = id === String(this.client.processID);
  }

  async commit(): Promise<void> {
    await this.heard(this.client.query('COMMIT'));
  }

  readonly query = async (sql: string, parameters: readonly string[] = []): Promise<Row[]> => {
    let number = 0;
    const text = sql.replace(/\?/g, () => `$${++number}`);
    const config = { text, values: [...parameters], rowMode: 'array', types: AS_TEXT } as const;
    const { rows } = await this.heard(this.client.query<(string | null)[]>(config));
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
    // when it is left half way the connection goes, and tells a stream to which nobody listens any more
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
    // a backend that has gone has no state, nor has one of whose activity PostgreSQL keeps no account
    if (state === 'disabled') return { is: 'unknown' };
    return { is: state === 'active' && event !== 'ClientWrite' ? 'busy' : 'done' };
  }

  leave(): void {
    void this.client.end().catch(() => undefined);
  }

  private async heard<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      throw asLost(cause, this);
    }
  }
}

/** What the driver says for itself, without a code. */
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

/** COPY takes no parameters. */
function withLiterals(sql: string, parameters: readonly string[]): string {
  const { escapeLiteral } = postgresqlDriver();
  let at = 0;
  return sql.replace(/\?/g, () => escapeLiteral(parameters[at++] ?? ''));
}
