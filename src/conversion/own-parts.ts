import type { OpenStore, StoreListener, TrackingStore } from '../mlflow/common/tracking-store.js';
import { openStore } from '../mlflow/open-store.js';
import { type ConvertOptions, type ResolvedOptions, withDefaults } from '../options.js';
import type { CustomStages } from '../stages/custom-stages.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';

/**
 * What a program contributes to a conversion beyond options. Functions cannot be sent to worker threads, so with either of
 * them the conversion runs in the calling thread.
 */
export interface OwnParts {
  /** Opens the source instead of the tracking URI. */
  readonly openStore?: OpenStore | undefined;
  readonly stages?: CustomStages | undefined;
  /**
   * Called with runs as soon as they are in Aim in their final state; no more arrive until the returned promise resolves.
   */
  readonly settled?: ((runs: readonly EnumeratedRun[], signal: AbortSignal) => Promise<void>) | undefined;
}

/** The options with all defaults filled in, for a conversion with these parts. */
export function resolveOptions(given: ConvertOptions, { openStore, stages }: OwnParts): ResolvedOptions {
  const options = withDefaults(given);
  return openStore === undefined && stages === undefined ? options : { ...options, inProcess: true };
}

/** Opens the source of a conversion. */
export function openSource(options: ResolvedOptions, own: OwnParts, listener: StoreListener): TrackingStore {
  if (own.openStore !== undefined) return own.openStore(listener);
  return openStore(options.trackingUri, { ...options.source, ...listener });
}
