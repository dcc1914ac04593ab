import { abortable, sleep } from '../../wait.js';
import { Connections } from './connections.js';
import { IdleGuard } from './idle-guard.js';
import { type Backend, type BackendState, destroy, end, type ServerConnection } from './server-connection.js';
import { isConnectionLost, isServerDown, serverError } from './server-error.js';

/** Before each new attempt when a connection was lost; milliseconds. A server that is started again needs some seconds. */
const PAUSES = [0, 1000, 4000, 10_000];

/** A server that is asked what it does answers within that time, or cannot be asked; milliseconds. */
const ASKED = 10_000;

/** A transaction, while it lasts. */
export interface Transaction<C> {
  readonly connection: C;
  /** To be stopped while what has come is worked on: then nothing is awaited of the server. */
  readonly guard: IdleGuard;
}

/**
 * Transactions on connections that may break or fall silent at any moment: then what they read is read again on a new one.
 * Errors are sentences ({@link serverError}); an aborted signal ends a connection at once, also one that is being opened.
 */
export class Transactions<C extends ServerConnection> {
  readonly #connections: Connections<C>;

  constructor(
    private readonly uri: string,
    private readonly open: (signal: AbortSignal) => Promise<C>,
    private readonly warn: (message: string) => void,
  ) {
    this.#connections = new Connections(open);
  }

  /** @param work runs anew from its beginning on another connection when one is lost: it must leave nothing behind */
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

  /** One transaction, which is yielded, and committed when the next is asked for. What it meets is for {@link retry}. */
  async *begin(signal: AbortSignal): AsyncGenerator<Transaction<C>, void, void> {
    let connection: C | undefined;
    let guard: IdleGuard | undefined;
    let whole = false;
    const abort = (): void => connection && destroy(connection);
    signal.addEventListener('abort', abort);
    try {
      connection = await this.#connections.take(signal);
      const mine = connection;
      guard = new IdleGuard(mine, () => this.#stateOf(mine.backend), this.#waiting);
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

  /** Waits before the next attempt; throws the error, as a sentence, when there is none to be made. */
  async retry(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const pause = PAUSES[attempt];
    if (pause === undefined || !(isConnectionLost(error) || (attempt > 0 && isServerDown(error)))) {
      throw serverError(error, this.uri);
    }
    this.#connections.dropIdle();
    await sleep(pause, signal);
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** One that was left half way has rows to come that nobody wants. */
  #finish(connection: C, whole: boolean): void {
    if (whole) this.#connections.give(connection);
    else destroy(connection);
  }

  async #stateOf(backend: Backend | undefined): Promise<BackendState> {
    if (backend === undefined) return { is: 'unknown' };
    const signal = AbortSignal.timeout(ASKED);
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

  readonly #waiting = (what: string): void => {
    this.warn(`The database ${this.uri} lets a query wait for ${what}. It goes on when that is over.`);
  };
}
