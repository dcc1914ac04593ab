import { destroy, end, isClosed, type ServerConnection } from './server-connection.js';

/** A connection that nobody has used for so long is given back to the server; milliseconds. */
const IDLE = 30_000;

/**
 * The connections that wait for their next use. There are as many as are in use at once: each belongs to one query or history
 * until it is given back. The drivers have pools of their own, but those hold on to connections that are being opened, and to
 * ones that have gone.
 */
export class Connections<C extends ServerConnection> {
  readonly #idle = new Map<C, NodeJS.Timeout>();
  #closed = false;

  constructor(private readonly open: (signal: AbortSignal) => Promise<C>) {}

  /** One that was given back, else a new one. */
  async take(signal: AbortSignal): Promise<C> {
    signal.throwIfAborted();
    for (const connection of [...this.#idle.keys()].reverse()) {
      this.#forget(connection);
      if (!isClosed(connection)) return connection;
    }
    return this.open(signal);
  }

  /** To be called outside of a transaction. */
  give(connection: C): void {
    if (this.#closed) {
      void end(connection);
      return;
    }
    const timer = setTimeout(() => {
      this.#forget(connection);
      void end(connection);
    }, IDLE).unref();
    this.#idle.set(connection, timer);
  }

  /** When one connection is lost, those beside it are not to be trusted either. */
  dropIdle(): void {
    for (const connection of this.#idle.keys()) {
      this.#forget(connection);
      destroy(connection);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const idle = [...this.#idle.keys()];
    for (const connection of idle) this.#forget(connection);
    await Promise.all(idle.map((connection) => end(connection)));
  }

  #forget(connection: C): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
  }
}
