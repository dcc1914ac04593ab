import type { Database } from './database.js';
import { probeSchema, type Schema } from './schema.js';
import { isPermissionDenied } from './server-error.js';

/** How long a schema is valid: during a watch of weeks, MLflow may be upgraded and permissions granted; milliseconds. */
const MAX_AGE = 60_000;
const MAX_AGE_WHILE_HIDDEN = 1_000;

/** Caches what can be read of a database, and finds it out again from time to time, or when it is no longer true. */
export class Schemas {
  #probed: { readonly schema: Promise<Schema>; readonly at: number } | undefined;
  #maxAge = MAX_AGE;

  constructor(private readonly database: Database) {}

  /** Makes the next {@link get} find it out again. */
  forget(): void {
    this.#probed = undefined;
  }

  async get(signal: AbortSignal): Promise<Schema> {
    if (this.#probed === undefined || performance.now() - this.#probed.at > this.#maxAge) this.#probe(signal);
    const probed = this.#probed;
    try {
      const schema = await probed!.schema;
      this.#maxAge = schema.unread.size > 0 ? MAX_AGE_WHILE_HIDDEN : MAX_AGE;
      return schema;
    } catch (cause) {
      if (this.#probed === probed) this.forget();
      throw cause;
    } finally {
      signal.throwIfAborted();
    }
  }

  /** Runs `work` with the schema. If permission is denied, runs it once more with the current one. */
  async with<T>(work: (schema: Schema) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await work(await this.get(signal));
    } catch (error) {
      if (!isPermissionDenied(error)) throw error;
      this.forget();
      return work(await this.get(signal));
    }
  }

  #probe(signal: AbortSignal): void {
    this.#probed = { schema: probeSchema(this.database, signal), at: performance.now() };
  }
}
