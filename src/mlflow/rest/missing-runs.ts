import pLimit from 'p-limit';
import { toConvertError } from '../../errors.js';
import type { HttpClient } from '../http/http-client.js';
import { isResourceMissing, responseErrorOf } from '../http/response-error.js';
import { runPath } from './run-listing.js';

/** Those of these runs of which the server says that it does not have them. */
export async function findMissingRuns(
  client: HttpClient,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const limit = pLimit(client.concurrency);
  const missing = await Promise.all(runIds.map((runId) => limit(() => isMissing(client, runId, signal))));
  return runIds.filter((_, i) => missing[i]);
}

/** False after any other error response (403, a gateway's 404): it says nothing about the run. */
async function isMissing(client: HttpClient, runId: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.json({ path: runPath(runId), what: `run ${runId}` }, signal);
    return false;
  } catch (cause) {
    signal.throwIfAborted();
    if (responseErrorOf(cause) === undefined && toConvertError(cause, 'skip-run', client.server.shown).kind === 'fatal')
      throw cause;
    return isResourceMissing(cause);
  }
}
