import type { HttpClient } from '../http/http-client.js';
import { beginningOf } from '../http/response.js';
import { isEndpointMissing, responseErrorOf } from '../http/response-error.js';
import { fields } from './wire/wire.js';

/** A version has some ten bytes. */
const LONGEST_VERSION = 100;
/** An id that no run has: they are random. */
const NO_RUN = '0'.repeat(32);

/**
 * Whether a server keeps its runs in a file store (histories in the order in which they were logged, infinities as they
 * are) rather than in a database (order by timestamp, step and value; infinities as the largest doubles).
 *
 * Later servers of MLflow 3 say so. Earlier ones do not, but the two stores word differently that a run is missing: `Run
 * 'x' not found` and `Run with id=x not found` (MLflow 1.30, 2.22, 3.17). What is neither is taken for a database.
 */
export async function keepsFiles(client: HttpClient, signal: AbortSignal): Promise<boolean> {
  try {
    const info = fields(
      await client.json({ path: '/api/3.0/mlflow/server-info', what: 'what kind of server it is' }, signal),
    );
    if (typeof info.store_type === 'string') return info.store_type === 'FileStore';
  } catch (cause) {
    signal.throwIfAborted();
    if (!isEndpointMissing(cause)) throw cause;
  }
  try {
    await client.json({ path: `/api/2.0/mlflow/runs/get?run_id=${NO_RUN}`, what: 'what kind of server it is' }, signal);
    return false;
  } catch (cause) {
    const refusal = responseErrorOf(cause);
    if (refusal === undefined) throw cause;
    return /^Run '/.test(refusal.message);
  }
}

/** Whether get-history goes on at any offset, as it does since MLflow 3. What does not tell its version is taken for older. */
export async function givesPages(client: HttpClient, signal: AbortSignal): Promise<boolean> {
  try {
    const request = { path: '/version', what: 'what version it is of' };
    const version = await client.read(request, signal, (answer) => beginningOf(answer, LONGEST_VERSION));
    return Number(/^(\d+)\./.exec(version.trim())?.[1] ?? 0) >= 3;
  } catch (cause) {
    signal.throwIfAborted();
    if (responseErrorOf(cause) === undefined) throw cause;
    return false;
  }
}
