import type { Database } from './database.js';
import { probeSchema, type Schema } from './schema.js';
import { isPermissionDenied } from './server-error.js';

/** A watch lasts for weeks: MLflow may be upgraded, and rights given, meanwhile; milliseconds. */
const LASTS = 60_000;
const LASTS_WHILE_HIDDEN = 1_000;

/** What can be read of a database, asked anew from time to time, and when it turns out not to be true any more. */
export class Schemas {
  #probed: { readonly schema: Promise<Schema>; readonly at: number } | undefined;
  #lasts = LASTS;

  constructor(private readonly database: Database) {}

  /** To be asked anew. */
  forget(): void {
    this.#probed = undefined;
  }

  async get(signal: AbortSignal): Promise<Schema> {
    if (this.#probed === undefined || performance.now() - this.#probed.at > this.#lasts) this.#probe(signal);
    const probed = this.#probed;
    try {
      const schema = await probed!.schema;
      this.#lasts = schema.unread.size > 0 ? LASTS_WHILE_HIDDEN : LASTS;
      return schema;
    } catch (cause) {
      if (this.#probed === probed) this.forget();
      throw cause;
    } finally {
      signal.throwIfAborted();
    }
  }

  /** Work with the schema; once more with what it is by now, when a right to read was taken away. */
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
