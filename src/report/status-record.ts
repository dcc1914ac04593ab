import { isStalled, type Status } from '../state/status.js';
import { runReason } from '../summary/run-text.js';

/** A status as programs read it: docs/status.md names the fields. @param now milliseconds since the epoch */
export function statusRecord(status: Status, now: number): unknown {
  const { repo, writer, sources, accepted } = status;
  return {
    repo,
    writer: writer ?? null,
    accepted,
    sources: sources.map((source) => {
      const {
        lastSyncedAt,
        completeAt,
        nextWithin: _,
        changedAt,
        error,
        outdatedRuns,
        failedExperiments,
        ...counts
      } = source;
      return {
        ...counts,
        lastSyncedAt: iso(lastSyncedAt),
        completeAt: iso(completeAt),
        stalled: isStalled(status, source, now),
        changedAt: iso(changedAt),
        behindSeconds: lastSyncedAt === undefined ? null : Math.max(0, now - lastSyncedAt) / 1000,
        error: error === undefined ? null : { ...error, since: iso(error.since) },
        failedExperiments: failedExperiments.map((failure) => ({ ...failure, since: iso(failure.since) })),
        outdatedRuns: outdatedRuns.map((run) => ({ ...run, reason: runReason(run), since: iso(run.since) })),
      };
    }),
  };
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
