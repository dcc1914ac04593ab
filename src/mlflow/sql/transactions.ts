import { abortable, sleep } from '../../wait.js';
import type { StoreListener } from '../common/tracking-store.js';
import { Connections } from './connections.js';
import { IdleGuard } from './idle-guard.js';
import { type Backend, type BackendState, destroy, end, type ServerConnection } from './server-connection.js';
import { isConnectionLost, isServerDown, serverError } from './server-error.js';

/** The pauses before each new attempt after a lost connection; milliseconds. A restarting server needs a few seconds. */
const PAUSES = [0, 1000, 4000, 10_000];

/** How long to wait for the answer to what a server is doing; milliseconds. */
const STATE_TIMEOUT = 10_000;

/** Who hears of what a server does to all queries. */
export type ServerListener = Pick<StoreListener, 'warn' | 'retrying'>;

/** A transaction in progress. */
export interface Transaction<C> {
  readonly connection: C;
  /** To be paused while the caller is not waiting for the server. */
  readonly guard: IdleGuard;
}

/**
 * Runs transactions on connections that may break at any moment, and repeats them on a new connection. Errors are those of
 * {@link serverError}. An aborted signal closes the connection at once, even while it is being opened.
 */
export class Transactions<C extends ServerConnection> {
  readonly #connections: Connections<C>;

  constructor(
    private readonly uri: string,
    private readonly open: (signal: AbortSignal) => Promise<C>,
    private readonly listener: ServerListener,
  ) {
    this.#connections = new Connections(open);
  }

  /** @param work starts over on another connection if one is lost, so it must have no side effects */
  async run<T>(work: (connection: C) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        let result: { readonly value: T } | undefined;
        for await (const { connection } of this.begin(signal)) {
          result = { value: await abortable(work(connection), signal, () => destroy(connection)) };
        }
        return (result as { readonly value: T }).value;
      } catch (error) {
        await this.retry(error, attempt, signal);
      }
    }
  }

  /** Yields one transaction, which is committed when the next value is requested. Pass its errors to {@link retry}. */
  async *begin(signal: AbortSignal): AsyncGenerator<Transaction<C>, void, void> {
    let connection: C | undefined;
    let guard: IdleGuard | undefined;
    let whole = false;
    const abort = (): void => connection && destroy(connection);
    signal.addEventListener('abort', abort);
    try {
      connection = await this.#connections.take(signal);
      const mine = connection;
      guard = new IdleGuard(mine, () => this.#stateOf(mine.backend), this.#warnOfLock);
      await connection.begin();
      yield { connection, guard };
      await connection.commit();
      whole = true;
    } finally {
      signal.removeEventListener('abort', abort);
      guard?.stop();
      if (connection !== undefined) this.#finish(connection, whole);
    }
  }

  /** Waits before the next attempt. Throws the error, made readable, if there should be none. */
  async retry(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const pause = PAUSES[attempt];
    if (pause === undefined || !(isConnectionLost(error) || (attempt > 0 && isServerDown(error)))) {
      throw serverError(error, this.uri);
    }
    this.#connections.dropIdle();
    this.listener.retrying({
      code: 'unreachable',
      server: this.uri,
      says: isServerDown(error) ? 'cannot be reached' : 'broke the connection off',
      what: 'its tables',
      attempt: attempt + 2,
      attempts: PAUSES.length + 1,
      wait: pause / 1000,
    });
    await sleep(pause, signal);
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** A connection that was left half way still has rows to deliver. */
  #finish(connection: C, whole: boolean): void {
    if (whole) this.#connections.give(connection);
    else destroy(connection);
  }

  async #stateOf(backend: Backend | undefined): Promise<BackendState> {
    if (backend === undefined) return { is: 'unknown' };
    const signal = AbortSignal.timeout(STATE_TIMEOUT);
    let other: C | undefined;
    try {
      other = await this.open(signal);
      const connection = other;
      return await abortable(connection.stateOf(backend), signal, () => destroy(connection));
    } catch {
      return { is: 'unknown' };
    } finally {
      if (other !== undefined) void end(other);
    }
  }

  readonly #warnOfLock = (lock: string): void => {
    const message = `The database ${this.uri} makes a query wait for ${lock}. It continues when the lock is released.`;
    this.listener.warn({ code: 'waiting-for-lock', message });
  };
}
