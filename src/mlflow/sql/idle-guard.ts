import type { BackendState, ServerConnection } from './server-connection.js';
import { destroy } from './server-connection.js';

/** How often a connection is looked at from which an answer is awaited; milliseconds. */
const LOOK_EVERY = 3_000;

/** So many looks in a row at which the server had nothing more to say: what it has said was lost. */
const LOOKS_WHEN_THROUGH = 2;

/** So many looks in a row at which nobody could tell what the server does: two minutes. */
const LOOKS_WHEN_UNKNOWN = 40;

/** What a connection is closed with that has fallen silent. */
export const IDLE_TIMEOUT = 'MLFLOW2AIM_SILENT';

/**
 * Notices that no answer will come: a NAT, a firewall or a failover may forget a connection without a word to either end.
 * A server that sorts a billion rows, or waits for a lock, says nothing either, so the server is asked over a
 * connection of its own what it is doing. Looks are counted, not time: a process that was stopped, or a machine that
 * slept, has not waited.
 */
export class IdleGuard {
  readonly #timer: NodeJS.Timeout;
  #read: number;
  #looking = false;
  #awaiting = true;
  #through = 0;
  #unknown = 0;

  /** @param waiting hears what lock the server waits for */
  constructor(
    private readonly connection: Pick<ServerConnection, 'socket'>,
    private readonly ask: () => Promise<BackendState>,
    private readonly waiting: (what: string) => void,
  ) {
    this.#read = connection.socket.bytesRead;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY).unref();
  }

  /** Nothing is awaited: what has come is being worked on. */
  rest(): void {
    this.#awaiting = false;
  }

  /** An answer is awaited again. */
  watch(): void {
    this.#awaiting = true;
    this.#heard(this.connection.socket.bytesRead);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#awaiting = false;
  }

  async #look(): Promise<void> {
    if (!this.#awaiting || this.#looking) return;
    const { bytesRead } = this.connection.socket;
    if (bytesRead !== this.#read) {
      this.#heard(bytesRead);
      return;
    }
    this.#looking = true;
    const state = await this.ask();
    this.#looking = false;
    if (this.#awaiting && this.connection.socket.bytesRead === bytesRead) this.#judge(state);
  }

  #judge(state: BackendState): void {
    if (state.is === 'waiting') this.waiting(state.what);
    this.#through = state.is === 'through' ? this.#through + 1 : 0;
    this.#unknown = state.is === 'unknown' ? this.#unknown + 1 : 0;
    if (this.#through < LOOKS_WHEN_THROUGH && this.#unknown < LOOKS_WHEN_UNKNOWN) return;
    this.stop();
    destroy(this.connection, Object.assign(new Error('The connection has fallen silent.'), { code: IDLE_TIMEOUT }));
  }

  #heard(bytesRead: number): void {
    this.#read = bytesRead;
    this.#through = this.#unknown = 0;
  }
}
