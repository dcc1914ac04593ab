import type { OpenStore, StoreListener, TrackingStore } from '../mlflow/common/tracking-store.js';
import { openStore } from '../mlflow/open-store.js';
import { type ConvertOptions, type ResolvedOptions, withDefaults } from '../options.js';
import type { CustomStages } from '../stages/custom-stages.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';

/**
 * What a program brings to a conversion and no option can name. Functions do not cross to worker threads, so with either of them the
 * conversion runs in the calling thread.
 */
export interface OwnParts {
  /** Opens the source in the place of the tracking URI. */
  readonly openStore?: OpenStore | undefined;
  readonly stages?: CustomStages | undefined;
  /** Hears of runs as soon as they are in Aim as the conversion leaves them, until what is returned resolves no more come. */
  readonly settled?: ((runs: readonly EnumeratedRun[], signal: AbortSignal) => Promise<void>) | undefined;
}

/** The options with nothing left open, for a conversion with these parts. */
export function resolveOptions(given: ConvertOptions, { openStore, stages }: OwnParts): ResolvedOptions {
  const options = withDefaults(given);
  return openStore === undefined && stages === undefined ? options : { ...options, inProcess: true };
}

/** Opens the source of a conversion. */
export function openSource(options: ResolvedOptions, own: OwnParts, listener: StoreListener): TrackingStore {
  if (own.openStore !== undefined) return own.openStore(listener);
  return openStore(options.trackingUri, { ...options.source, ...listener });
}
