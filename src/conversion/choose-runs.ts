import { toConvertError } from '../errors.js';
import type { Warn } from '../events.js';
import type { TraceCount, TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ResolvedOptions } from '../options.js';
import { choiceWarnings, unknownRuns } from '../selection/choice-warnings.js';
import { Listing } from '../state/listing.js';
import { checkRepositoryPlace } from './repository-place.js';

/**
 * Lists the experiments of a source, and checks the selection and the destination. Rejects with a `fatal` error before
 * anything has been created.
 */
export async function chooseRuns(
  store: TrackingStore,
  options: ResolvedOptions,
  signal: AbortSignal,
): Promise<Listing> {
  const listing = await Listing.begin(store, options.selection, signal);
  const unknown = unknownRuns(listing);
  if (unknown !== undefined) throw unknown;
  checkRepositoryPlace(options, store);
  return listing;
}

/**
 * Reports what is known about a selection before any run has been read. Returns the number of traces, which stay in MLflow.
 */
export async function tellChoice(
  store: TrackingStore,
  listing: Listing,
  warn: Warn,
  signal: AbortSignal,
): Promise<TraceCount | undefined> {
  for (const warning of choiceWarnings(listing)) warn(warning);
  return countTraces(store, listing, warn, signal);
}

/** A source that only has traces would look empty. Nothing else depends on their number. */
async function countTraces(
  store: TrackingStore,
  { concerned }: Listing,
  warn: Warn,
  signal: AbortSignal,
): Promise<TraceCount | undefined> {
  try {
    return await store.traces?.(concerned, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const { sentence } = toConvertError(cause, 'skip-item', store.uri);
    warn({ code: 'traces-not-counted', message: `Traces, which stay in MLflow, could not be counted. ${sentence}` });
    return undefined;
  }
}
