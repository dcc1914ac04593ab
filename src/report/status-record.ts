import { isStalled, type Status } from '../state/status.js';
import { runReason } from './run-text.js';

/** A status as programs read it: docs/status.md names the fields. @param now milliseconds since the epoch */
export function statusRecord(status: Status, now: number): unknown {
  const { repo, writer, sources, accepted } = status;
  return {
    repo,
    writer: writer ?? null,
    accepted,
    sources: sources.map((source) => {
      const { lookedAt, completeAt, nextWithin: _, changedAt, trouble, troubledRuns, unread, ...counts } = source;
      return {
        ...counts,
        lookedAt: iso(lookedAt),
        completeAt: iso(completeAt),
        stalled: isStalled(status, source, now),
        changedAt: iso(changedAt),
        behindSeconds: lookedAt === undefined ? null : Math.max(0, now - lookedAt) / 1000,
        trouble: trouble === undefined ? null : { reason: trouble.reason, since: iso(trouble.since) },
        unread: unread.map(({ message, since }) => ({ message, since: iso(since) })),
        troubledRuns: troubledRuns.map((run) => ({ ...run, reason: runReason(run), since: iso(run.since) })),
      };
    }),
  };
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
