import { convert as convertSource } from '../convert.js';
import { ConvertEvents } from '../events.js';
import type { ConversionSummary } from '../summary/summary.js';
import { type ConvertRequest, readRequest } from './request.js';
import { summarized } from './summarized.js';

/**
 * Converts a source into an Aim repository, or brings an earlier conversion up to date.
 *
 * Resolves when every run has been dealt with. Runs that failed or are incomplete do not reject: `summary.complete` says whether
 * there were any, `summary.failedRuns` names the first ten, and the event `run:done` tells of each. Rejects with a
 * {@link ConvertError} of kind `fatal` when nothing more can be done, and with the signal's reason when that is aborted. Whatever
 * happens, the repository holds only whole runs.
 */
export async function convert(request: ConvertRequest): Promise<ConversionSummary> {
  const { options, own, events = new ConvertEvents(), signal } = readRequest(request);
  return summarized(events, () => convertSource(options, events, signal, own));
}
