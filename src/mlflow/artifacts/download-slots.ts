import pLimit, { type LimitFunction } from 'p-limit';

/**
 * Bounds how many listings and downloads are under way at once. A download keeps its slot until it has been read to its
 * end or given up, so nobody may wait for a second file while a first one is half read.
 */
export class DownloadSlots {
  readonly #limit: LimitFunction;

  constructor(concurrency: number) {
    this.#limit = pLimit(concurrency);
  }

  /** Waits for a slot; what it resolves with gives the slot back. Rejects with the reason of an aborted signal. */
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
