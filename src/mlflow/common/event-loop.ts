import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds. */
const LONGEST_TURN = 20;

/**
 * Yields to the event loop. Reading small files synchronously is fastest, but thousands in a row would block signals, timers and other runs.
 * `pause` gives them a turn after every 20 ms of work, and costs next to nothing in between.
 */
export class EventLoopTurns {
  #since = performance.now();

  /** Rejects with the signal's reason if it is aborted. */
  async pause(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (performance.now() - this.#since < LONGEST_TURN) return;
    await nextTurn();
    this.#since = performance.now();
    signal.throwIfAborted();
  }
}
