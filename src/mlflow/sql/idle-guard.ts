import type { BackendState, ServerConnection } from './server-connection.js';
import { destroy } from './server-connection.js';

/** How often to check a connection that is expected to deliver; milliseconds. */
const CHECK_EVERY = 3_000;

/** After this many checks in a row at which the server had nothing more to send, the rest of the response is lost. */
const MAX_DONE_CHECKS = 2;

/** After this many checks in a row at which nobody knew what the server is doing (two minutes), the connection is lost. */
const MAX_UNKNOWN_CHECKS = 40;

/** The code of the error with which an idle connection is closed. */
export const IDLE_TIMEOUT = 'MLFLOW2AIM_IDLE_TIMEOUT';

/**
 * Closes a connection on which no response will arrive: a NAT, a firewall or a failover may drop a connection without telling
 * either end. A server that sorts a billion rows, or waits for a lock, sends nothing either, so the server is asked over a second
 * connection what it is doing. Checks are counted, not time: a suspended process or machine has not waited.
 */
export class IdleGuard {
  readonly #timer: NodeJS.Timeout;
  #bytesRead: number;
  #checking = false;
  #awaiting = true;
  #doneChecks = 0;
  #unknownChecks = 0;

  /**
   * @param ask returns what the server is doing for this connection
   * @param onLocked called with the lock that the server is waiting for
   */
  constructor(
    private readonly connection: Pick<ServerConnection, 'socket'>,
    private readonly ask: () => Promise<BackendState>,
    private readonly onLocked: (lock: string) => void,
  ) {
    this.#bytesRead = connection.socket.bytesRead;
    this.#timer = setInterval(() => void this.#check(), CHECK_EVERY).unref();
  }

  /** Stops checking while the caller works on what has arrived. */
  pause(): void {
    this.#awaiting = false;
  }

  /** The caller waits for the server again. */
  resume(): void {
    this.#awaiting = true;
    this.#received(this.connection.socket.bytesRead);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#awaiting = false;
  }

  async #check(): Promise<void> {
    if (!this.#awaiting || this.#checking) return;
    const { bytesRead } = this.connection.socket;
    if (bytesRead !== this.#bytesRead) {
      this.#received(bytesRead);
      return;
    }
    this.#checking = true;
    const state = await this.ask();
    this.#checking = false;
    if (this.#awaiting && this.connection.socket.bytesRead === bytesRead) this.#judge(state);
  }

  #judge(state: BackendState): void {
    if (state.is === 'locked') this.onLocked(state.lock);
    this.#doneChecks = state.is === 'done' ? this.#doneChecks + 1 : 0;
    this.#unknownChecks = state.is === 'unknown' ? this.#unknownChecks + 1 : 0;
    if (this.#doneChecks < MAX_DONE_CHECKS && this.#unknownChecks < MAX_UNKNOWN_CHECKS) return;
    this.stop();
    destroy(this.connection, Object.assign(new Error('The connection is idle.'), { code: IDLE_TIMEOUT }));
  }

  #received(bytesRead: number): void {
    this.#bytesRead = bytesRead;
    this.#doneChecks = this.#unknownChecks = 0;
  }
}
