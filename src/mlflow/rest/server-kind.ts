import type { HttpClient } from '../http/http-client.js';
import { beginningOf } from '../http/response.js';
import { isEndpointMissing, responseErrorOf } from '../http/response-error.js';
import { fields } from './wire/wire.js';

/** A version has some ten bytes. */
const MAX_VERSION_BYTES = 100;
/** An id that no run has: they are random. */
const NO_RUN = '0'.repeat(32);

/** What kind of server it is, asked once; a question that fails is asked again the next time. */
export class ServerKind {
  #keepsFiles: Promise<boolean> | undefined;
  #pagesHistories: Promise<boolean> | undefined;

  constructor(private readonly client: HttpClient) {}

  /**
   * Whether the server keeps its runs in a file store (histories in the order in which they were logged, infinities as they
   * are) rather than in a database (histories by timestamp, step and value; infinities as the largest doubles).
   */
  keepsFiles(signal: AbortSignal): Promise<boolean> {
    this.#keepsFiles ??= keepsFiles(this.client, signal).catch((error: unknown) => {
      this.#keepsFiles = undefined;
      throw error;
    });
    return this.#keepsFiles;
  }

  /** Whether get-history can begin at any offset, as it can since MLflow 3. A server without a version counts as older. */
  pagesHistories(signal: AbortSignal): Promise<boolean> {
    this.#pagesHistories ??= pagesHistories(this.client, signal).catch((error: unknown) => {
      this.#pagesHistories = undefined;
      throw error;
    });
    return this.#pagesHistories;
  }
}

/**
 * Recent servers of MLflow 3 name their store. Of others, the message about a missing run tells: `Run 'x' not found` for a
 * file store, `Run with id=x not found` for a database (MLflow 1.30, 2.22, 3.17). Anything else counts as a database.
 */
async function keepsFiles(client: HttpClient, signal: AbortSignal): Promise<boolean> {
  const what = 'what kind of server it is';
  try {
    const info = fields(await client.json({ path: '/api/3.0/mlflow/server-info', what }, signal));
    if (typeof info.store_type === 'string') return info.store_type === 'FileStore';
  } catch (cause) {
    signal.throwIfAborted();
    if (!isEndpointMissing(cause)) throw cause;
  }
  try {
    await client.json({ path: `/api/2.0/mlflow/runs/get?run_id=${NO_RUN}`, what }, signal);
    return false;
  } catch (cause) {
    const response = responseErrorOf(cause);
    if (response === undefined) throw cause;
    return /^Run '/.test(response.message);
  }
}

async function pagesHistories(client: HttpClient, signal: AbortSignal): Promise<boolean> {
  try {
    const request = { path: '/version', what: 'its version' };
    const version = await client.read(request, signal, (response) => beginningOf(response, MAX_VERSION_BYTES));
    return Number(/^(\d+)\./.exec(version.trim())?.[1] ?? 0) >= 3;
  } catch (cause) {
    signal.throwIfAborted();
    if (responseErrorOf(cause) === undefined) throw cause;
    return false;
  }
}
