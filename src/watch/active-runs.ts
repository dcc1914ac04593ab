import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { Tracker } from './tracker.js';

/** The runs that are active in the source, and those that were active when they were last read. */
export async function* activeRuns(
  store: Pick<TrackingStore, 'activeRuns'>,
  tracker: Tracker,
  signal: AbortSignal,
): AsyncGenerator<EnumeratedRun> {
  for (const { experiment, runIds } of tracker.activeByExperiment()) {
    for await (const ref of store.activeRuns?.(experiment, runIds, signal) ?? []) yield { experiment, ref };
  }
}
