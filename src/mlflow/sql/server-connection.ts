import type { Socket } from 'node:net';
import { errorCode } from '../../errors.js';
import { abortable } from '../../wait.js';
import type { Query } from './database.js';
import type { MetricColumns } from './metric-columns.js';
import type { MetricTable } from './metric-table.js';

/** The server's process or thread for a transaction. Behind a connection pooler, it may differ from one transaction to the next. */
export interface Backend {
  readonly id: string;
  /** Identifies the server: behind a load balancer, the next connection may reach a different one. */
  readonly server: string;
}

/**
 * What a server is doing for one of our connections that receives nothing:
 *
 * - `busy`: it is computing;
 * - `locked`: it is waiting for a lock; `lock` names it and its holder, as far as this user may see that;
 * - `done`: nothing, or it is waiting for us, or the backend is gone: its response was lost on the way;
 * - `unknown`.
 */
export type BackendState =
  | { readonly is: 'busy' | 'done' | 'unknown' }
  | { readonly is: 'locked'; readonly lock: string };

/** A connection to a database server, in one transaction at a time. */
export interface ServerConnection {
  /** The TCP or Unix socket; with TLS, the one below it. */
  readonly socket: Socket;

  /** Serves the current transaction; undefined while that is not known. */
  readonly backend: Backend | undefined;

  /** Begins a read-only transaction with a consistent snapshot of the database. */
  begin(): Promise<void>;

  commit(): Promise<void>;

  readonly query: Query;

  /**
   * Reads points into the columns of one metric, or into a table of several. Yields whenever points were added, and continues
   * when the next value is requested.
   *
   * @param condition SQL on the table metrics, with `?` for its parameters
   */
  points(
    condition: string,
    parameters: readonly string[],
    into: MetricTable | MetricColumns,
  ): AsyncGenerator<void, void, void>;

  /** What the server is doing for another connection of ours. */
  stateOf(backend: Backend): Promise<BackendState>;

  /** Asks the server to close the connection. */
  leave(): void;
}

/** How long to wait until a server closes a connection on request; milliseconds. */
const LEAVE_TIMEOUT = 1000;

/** Closes a connection at once: pending calls reject, with `cause` if the driver passes it on. */
export function destroy({ socket }: Pick<ServerConnection, 'socket'>, cause: Error = lost()): void {
  socket.destroy(cause);
}

/** Closes a connection in an orderly way, or after a second by force. */
export async function end(connection: Pick<ServerConnection, 'socket' | 'leave'>): Promise<void> {
  const { socket } = connection;
  if (socket.destroyed) return;
  const closed = new Promise<void>((settle) => socket.once('close', () => settle()));
  connection.leave();
  const late = setTimeout(() => socket.destroy(), LEAVE_TIMEOUT);
  await closed;
  clearTimeout(late);
}

/** Whether nothing more can arrive on a connection. */
export function isClosed({ socket }: Pick<ServerConnection, 'socket'>): boolean {
  return socket.destroyed || socket.readableEnded || !socket.writable;
}

/** The system's codes for a peer that does not respond (TCP keepalive). */
const UNRESPONSIVE: ReadonlySet<string> = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Gives the error of an open connection that broke one code: drivers report it in words of their own, or with the codes of an
 * unreachable server.
 */
export function asLost(cause: unknown, connection: Pick<ServerConnection, 'socket'>): unknown {
  const code = errorCode(cause);
  if (code === undefined) return isClosed(connection) ? lost(cause) : cause;
  return UNRESPONSIVE.has(code) ? lost(cause) : cause;
}

function lost(cause?: unknown): Error {
  return Object.assign(new Error('The connection was closed.', { cause }), { code: 'ECONNRESET' });
}

/**
 * Waits until a driver has connected. Rejects after so many milliseconds, or with the signal's reason as soon as that is
 * aborted. The socket is then closed at once, whatever timeouts the driver has.
 */
export async function connected<T>(
  connecting: Promise<T>,
  socket: Socket,
  milliseconds: number,
  signal: AbortSignal,
): Promise<T> {
  const timeout = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' });
  const late = setTimeout(() => socket.destroy(timeout), milliseconds).unref();
  try {
    return await abortable(connecting, signal, () => socket.destroy());
  } catch (cause) {
    socket.destroy();
    throw cause;
  } finally {
    clearTimeout(late);
  }
}
