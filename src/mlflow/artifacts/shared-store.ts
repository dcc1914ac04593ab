import type { ObjectStore } from './object-store.js';
import { lacksCredentials } from './store-error.js';

/** One bucket or container, opened when it is first asked for and then shared by all runs whose files lie in it. */
export class SharedStore {
  readonly #open: () => Promise<ObjectStore>;
  #store: Promise<ObjectStore> | undefined;
  #hasAnswered = false;

  /** @param open rejects with a sentence when the store's package is missing */
  constructor(open: () => Promise<ObjectStore>) {
    this.#open = open;
  }

  get(): Promise<ObjectStore> {
    this.#store ??= this.#open();
    return this.#store;
  }

  /** Takes note of an answer. */
  answered(): void {
    this.#hasAnswered = true;
  }

  /**
   * Takes note of a failure. Looking for credentials where there are none takes seconds: when they were missing from the
   * start, that is not tried again for each run.
   */
  failed(cause: unknown): void {
    if (this.#hasAnswered || !lacksCredentials(cause)) return;
    this.#store = Promise.reject(cause);
    this.#store.catch(() => {}); // told to whoever asks
  }

  async close(): Promise<void> {
    const store = await this.#store?.catch(() => undefined);
    store?.close();
  }
}
