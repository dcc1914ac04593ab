import { sleep } from '../../wait.js';

/** Spaces out the starts of requests; without a rate, they start at once. */
export class RateLimiter {
  readonly #interval: number;
  /** When the next request may start, on the clock of `performance.now()`. */
  #next = 0;

  constructor(perSecond: number | undefined) {
    this.#interval = perSecond === undefined ? 0 : 1000 / perSecond;
  }

  /** Resolves when a request may start. */
  async acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#interval === 0) return;
    const now = performance.now();
    const begin = Math.max(now, this.#next);
    this.#next = begin + this.#interval;
    if (begin > now) await sleep(begin - now, signal);
  }
}
