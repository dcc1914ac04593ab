import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { Tracker } from './tracker.js';

/** The runs that go on in the source, and those of which that was known. */
export async function* activeRuns(
  store: TrackingStore,
  tracker: Tracker,
  signal: AbortSignal,
): AsyncGenerator<EnumeratedRun> {
  for (const { experiment, runIds } of tracker.goingOn()) {
    for await (const ref of store.activeRuns?.(experiment, runIds, signal) ?? []) yield { experiment, ref };
  }
}
