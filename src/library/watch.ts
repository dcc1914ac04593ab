import { ConvertEvents } from '../events.js';
import type { ConversionSummary } from '../summary/summary.js';
import { watch as watchSource } from '../watch/watch.js';
import { readRequest, type WatchRequest } from './request.js';
import { summarized } from './summarized.js';

/**
 * Brings an Aim repository up to date and then follows the source until `signal` is aborted; resolves then, with the sums since the
 * beginning.
 *
 * Rejects with a {@link ConvertError} of kind `fatal` when it cannot begin, or when another repository has come in the place of this
 * one. Everything else that fails is told by the event `source` and tried again, with growing pauses.
 */
export async function watch(request: WatchRequest): Promise<ConversionSummary> {
  const { options, own, events = new ConvertEvents(), signal } = readRequest(request);
  return summarized(events, () => watchSource(options, events, signal, own));
}
