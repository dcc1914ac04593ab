import type { ConvertEvents } from '../events.js';
import type { RunOutcome } from '../outcome.js';

/** What has happened in a watch since somebody asked last, and how it stands. */
export interface WatchChanges {
  readonly runsNew: number;
  /** Runs written again; one that is written ten times counts once. */
  readonly runsUpdated: number;
  readonly runsFailed: number;
  /** Archived, removed or kept after MLflow had deleted them. */
  readonly runsDeleted: number;
  /** Runs that go on in MLflow. */
  readonly runsActive: number;
  /** The longest that a change took from its first sign until it was visible in Aim, seconds. */
  readonly lag?: number;
}

/** Follows a watch through its events, from the moment it is up to date. */
export class WatchState {
  private readonly seen = { new: new Set<string>(), updated: new Set<string>(), failed: new Set<string>() };
  private deleted = 0;
  private active = 0;
  private lag: number | undefined;
  private incomplete = 0;
  private watching = false;
  private readonly first = { new: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };

  constructor(events: ConvertEvents) {
    events.on('watching', ({ active }) => {
      this.watching = true;
      this.active = active;
    });
    events.on('run:done', ({ runHash, outcome, incomplete = [] }) => {
      if (!this.watching) this.first[outcome]++;
      if (!this.watching && incomplete.length > 0) this.incomplete++;
      if (this.watching && (outcome === 'new' || outcome === 'updated' || outcome === 'failed')) {
        this.seen[outcome].add(runHash);
      }
    });
    events.on('run:deleted', () => {
      if (this.watching) this.deleted++;
    });
    events.on('pass', ({ active, lag }) => {
      this.active = active;
      if (lag !== undefined) this.lag = Math.max(this.lag ?? 0, lag);
    });
  }

  /** Whether the first look is over. */
  get isWatching(): boolean {
    return this.watching;
  }

  /** How many runs of the first look ended how. */
  get firstPass(): Readonly<Record<RunOutcome, number>> {
    return this.first;
  }

  /** Runs of which something could not be read in the first look. */
  get runsIncomplete(): number {
    return this.incomplete;
  }

  get runsActive(): number {
    return this.active;
  }

  /** The changes since the last call; undefined when there were none. */
  take(): WatchChanges | undefined {
    const { seen, deleted, active, lag } = this;
    const runsNew = seen.new.size;
    const runsUpdated = [...seen.updated].filter((hash) => !seen.new.has(hash)).length;
    const runsFailed = seen.failed.size;
    if (runsNew + runsUpdated + runsFailed + deleted === 0) return undefined;
    for (const hashes of Object.values(seen)) hashes.clear();
    this.deleted = 0;
    this.lag = undefined;
    return {
      runsNew,
      runsUpdated,
      runsFailed,
      runsDeleted: deleted,
      runsActive: active,
      ...(lag !== undefined && { lag }),
    };
  }
}
