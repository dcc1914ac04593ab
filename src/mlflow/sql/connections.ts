import { destroy, end, isClosed, type ServerConnection } from './server-connection.js';

/** How long to keep an unused connection; milliseconds. */
const MAX_IDLE = 30_000;

/**
 * A pool of connections, each of which belongs to one query or history at a time. The number is not limited here. The drivers' own pools
 * keep connections that are still being opened after an abort, and ones that have been lost.
 */
export class Connections<C extends ServerConnection> {
  readonly #idle = new Map<C, NodeJS.Timeout>();
  #closed = false;

  constructor(private readonly open: (signal: AbortSignal) => Promise<C>) {}

  /** Takes a connection from the pool, or opens one. */
  async take(signal: AbortSignal): Promise<C> {
    signal.throwIfAborted();
    for (const connection of [...this.#idle.keys()].reverse()) {
      this.#forget(connection);
      if (!isClosed(connection)) return connection;
    }
    return this.open(signal);
  }

  /** Returns a connection to the pool. It must not be in a transaction. */
  give(connection: C): void {
    if (this.#closed) {
      void end(connection);
      return;
    }
    const timer = setTimeout(() => {
      this.#forget(connection);
      void end(connection);
    }, MAX_IDLE).unref();
    this.#idle.set(connection, timer);
  }

  /** Closes unused connections: when one is lost, others probably are too. */
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
