import { ConvertError } from '../../errors.js';
import type { RunRef } from '../../model.js';
import { abortable } from '../../wait.js';
import type { HttpClient } from '../http/http-client.js';
import { isResourceMissing } from '../http/response-error.js';
import { unpackLocator } from './locator.js';
import { fetchPage } from './pages.js';
import type { RunLoader } from './prefetcher.js';
import { runPath, runsRequest } from './run-listing.js';
import { type RunRecord, runIdOf, runRecord } from './run-record.js';
import { fields } from './wire/wire.js';

/** Loads the headers of runs from a server. */
export class ServerRuns implements RunLoader {
  constructor(private readonly client: HttpClient) {}

  /** Up to `count` runs of the page on which a run was listed, from that run on. */
  async neighbours(ref: RunRef, count: number, signal: AbortSignal): Promise<Map<string, RunRecord>> {
    const { page: token, filter, index } = unpackLocator(ref);
    const request = runsRequest(ref.experimentId, filter);
    const { items } = await abortable(fetchPage(this.client, request, token, signal), signal);
    const begin = items.findIndex((json, at) => at >= index && runIdOf(json) === ref.runId);
    const found = new Map<string, RunRecord>();
    for (const json of begin < 0 ? [] : items.slice(begin, begin + count)) {
      const runId = runIdOf(json);
      if (runId !== undefined) found.set(runId, runRecord(json, runId, ref.experimentId));
    }
    return found;
  }

  async one(ref: RunRef, signal: AbortSignal): Promise<RunRecord> {
    try {
      const path = runPath(ref.runId);
      const json = fields(fields(await this.client.json({ path, what: `run ${ref.runId}` }, signal)).run);
      return runRecord(json, ref.runId, ref.experimentId);
    } catch (cause) {
      if (!isResourceMissing(cause)) throw cause;
      throw new ConvertError('not-a-run', 'run-not-found', `Run ${ref.runId} is no longer on the tracking server.`, {
        where: this.client.server.shown,
        cause,
      });
    }
  }
}
