import type { Socket } from 'node:net';
import { errorCode } from '../../errors.js';
import { abortable } from '../../wait.js';
import type { Query } from './database.js';
import type { MetricColumns } from './metric-columns.js';
import type { MetricTable } from './metric-table.js';

/** The process or thread of a server that serves a transaction. Behind a pooler each transaction may have another one. */
export interface Backend {
  readonly id: string;
  /** Tells servers apart: behind a balancer the next connection may lead to another one. */
  readonly server: string;
}

/**
 * What a server is doing for one of our connections that says nothing:
 *
 * - `busy`: it computes;
 * - `waiting`: somebody holds a lock; `what` names it and who holds it, as far as this user may see that;
 * - `through`: nothing, or it waits for us, or the backend has gone: what it said was lost on the way;
 * - `unknown`.
 */
export type BackendState =
  | { readonly is: 'busy' | 'through' | 'unknown' }
  | { readonly is: 'waiting'; readonly what: string };

/** A connection to a database server, in one transaction at a time. */
export interface ServerConnection {
  /** The TCP or Unix socket, also where TLS is spoken over it. */
  readonly socket: Socket;

  /** Who serves the transaction under way; undefined while that cannot be told. */
  readonly backend: Backend | undefined;

  /** Begins a read-only transaction that sees one state of the database. */
  begin(): Promise<void>;

  commit(): Promise<void>;

  readonly query: Query;

  /**
   * Adds the points of a query to the metric's columns or, where its last column is the key, to a table. Yields
   * whenever some were added, and reads on when the next are asked for.
   *
   * @param select `SELECT`, up to the condition, is the connection's own
   * @param condition SQL with `?` for its parameters
   */
  points(
    condition: string,
    parameters: readonly string[],
    into: MetricTable | MetricColumns,
  ): AsyncGenerator<void, void, void>;

  /** What the server does for another connection of ours. */
  stateOf(backend: Backend): Promise<BackendState>;

  /** Says goodbye to the server. */
  leave(): void;
}

/** So long a server has to answer a goodbye; milliseconds. */
const GOODBYE = 1000;

/** Ends a connection at once: whatever waits for it rejects, with `cause` where the driver passes it on. */
export function destroy({ socket }: Pick<ServerConnection, 'socket'>, cause: Error = lost()): void {
  socket.destroy(cause);
}

/** Says goodbye; resolves when the connection is closed, which is soon also where nobody answers. */
export async function end(connection: Pick<ServerConnection, 'socket' | 'leave'>): Promise<void> {
  const { socket } = connection;
  if (socket.destroyed) return;
  const closed = new Promise<void>((settle) => socket.once('close', () => settle()));
  connection.leave();
  const late = setTimeout(() => socket.destroy(), GOODBYE);
  await closed;
  clearTimeout(late);
}

/** Whether nothing will be heard on a connection any more. */
export function isClosed({ socket }: Pick<ServerConnection, 'socket'>): boolean {
  return socket.destroyed || socket.readableEnded || !socket.writable;
}

/** What the system says of a connection whose other end has not been heard of for too long (TCP keepalive). */
const UNHEARD: ReadonlySet<string> = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * What a driver says when a connection that was open has gone, by a code: they tell it in words of their own, or by
 * the code of a server that cannot be reached.
 */
export function asLost(cause: unknown, connection: Pick<ServerConnection, 'socket'>): unknown {
  const code = errorCode(cause);
  if (code === undefined) return isClosed(connection) ? lost(cause) : cause;
  return UNHEARD.has(code) ? lost(cause) : cause;
}

function lost(cause?: unknown): Error {
  return Object.assign(new Error('The connection was closed.', { cause }), { code: 'ECONNRESET' });
}

/**
 * Waits until a driver has connected. Rejects after so many milliseconds, or with the signal's reason when that is
 * aborted: then the socket is closed at once, and no timeout of the driver's is waited for.
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
