import type { Status } from '../sync/status.js';

/** A status as programs read it: docs/status.md names the fields. @param now milliseconds since the epoch */
export function statusRecord({ repo, writer, sources, accepted }: Status, now: number): unknown {
  return {
    repo,
    writer: writer ?? null,
    accepted,
    sources: sources.map(({ lookedAt, changedAt, trouble, troubledRuns, unread, ...counts }) => ({
      ...counts,
      lookedAt: iso(lookedAt),
      changedAt: iso(changedAt),
      behindSeconds: lookedAt === undefined ? null : Math.max(0, now - lookedAt) / 1000,
      trouble: trouble === undefined ? null : { reason: trouble.reason, since: iso(trouble.since) },
      unread: unread.map(({ message, since }) => ({ message, since: iso(since) })),
      troubledRuns: troubledRuns.map((run) => ({ ...run, since: iso(run.since) })),
    })),
  };
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
