import pLimit, { type LimitFunction } from 'p-limit';

/**
 * Limits how many listings and downloads run at the same time. A download keeps its slot until it has been read to its end
 * or cancelled, so nobody may wait for a second file with the first half read.
 */
export class DownloadSlots {
  readonly #limit: LimitFunction;

  constructor(concurrency: number) {
    this.#limit = pLimit(concurrency);
  }

  /** Waits for a slot; resolves with a function that releases it. Rejects with the reason of an aborted signal. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    let stop = (): void => {};
    const taken = new Promise<() => void>((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop);
      void this.#limit(async () => {
        if (!signal.aborted) await new Promise<void>((release) => resolve(release));
      });
    });
    try {
      return await taken;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
