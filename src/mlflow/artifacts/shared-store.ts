import type { ObjectStore } from './object-store.js';
import { lacksCredentials } from './store-error.js';

/** One bucket or container, opened on first use and then shared by all runs with files in it. */
export class SharedStore {
  readonly #open: () => Promise<ObjectStore>;
  #store: Promise<ObjectStore> | undefined;
  #hasAnswered = false;

  /** @param open rejects with a sentence if the store's package is missing */
  constructor(open: () => Promise<ObjectStore>) {
    this.#open = open;
  }

  get(): Promise<ObjectStore> {
    this.#store ??= this.#open();
    return this.#store;
  }

  /** Records a response. */
  answered(): void {
    this.#hasAnswered = true;
  }

  /**
   * Records a failure. Searching for credentials that do not exist takes seconds: if there were none from the start, that is
   * not repeated for each run.
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
