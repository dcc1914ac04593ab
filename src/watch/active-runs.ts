import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { Tracker } from './tracker.js';

type Source = Pick<TrackingStore, 'activeRuns'>;

/** The runs that are active in the source, and those that were active when they were last read. */
export async function* activeRuns(
  source: Source,
  tracker: Tracker,
  signal: AbortSignal,
): AsyncGenerator<EnumeratedRun> {
  for (const { experiment, runIds } of tracker.activeByExperiment()) {
    for await (const ref of source.activeRuns?.(experiment, runIds, signal) ?? []) yield { experiment, ref };
  }
}

/** The runs that were active when they were last read, as the source has them now. */
export async function* followedRuns(
  source: Source,
  tracker: Tracker,
  signal: AbortSignal,
): AsyncGenerator<EnumeratedRun> {
  if (source.activeRuns === undefined) {
    yield* tracker.followed();
    return;
  }
  for (const { experiment, runIds } of tracker.activeByExperiment()) {
    const followed = new Set(runIds);
    if (followed.size === 0) continue;
    for await (const ref of source.activeRuns(experiment, runIds, signal)) {
      if (followed.has(ref.runId)) yield { experiment, ref };
    }
  }
}
