import { monotonicNow } from '../clock.js';
import type { PendingChanges } from './change-queue.js';
import { PassCounter } from './pass-counter.js';
import type { Passes } from './passes.js';
import { PollSchedule } from './poll-schedule.js';
import type { Session, WatchedSource } from './session.js';
import type { SyncStrategy } from './sync-strategy.js';

/**
 * For a server or database, where a change says only that something has changed: polls everything or, if that takes long,
 * the active runs in between.
 */
export class PolledSync implements SyncStrategy {
  private readonly schedule: PollSchedule;

  /** @param every milliseconds between two polls without a change */
  constructor(
    { store }: WatchedSource,
    private readonly passes: Passes,
    readonly every: number,
  ) {
    this.schedule = new PollSchedule(every, store.activeRuns !== undefined);
  }

  get next(): number {
    return this.schedule.next;
  }

  get notBefore(): number {
    return this.schedule.notBefore;
  }

  /** The time that the first conversion took says nothing about how long a poll will take. */
  caughtUp(): void {
    this.schedule.polled(monotonicNow(), 'all');
  }

  restart(): void {
    this.schedule.next = Number.NEGATIVE_INFINITY;
  }

  async step(changes: PendingChanges | undefined, session: Session): Promise<void> {
    if (this.schedule.isActiveOnly) await this.pollActive(changes, session);
    else await this.pollAll(changes, session);
  }

  private async pollActive(changes: PendingChanges | undefined, session: Session): Promise<void> {
    const counter = new PassCounter();
    await this.passes.convert(this.passes.active(session.signal), counter, session);
    this.schedule.polled(counter.began, 'active');
    this.passes.endPartial(counter, session, changes?.since);
  }

  private async pollAll(changes: PendingChanges | undefined, session: Session): Promise<void> {
    const counter = new PassCounter();
    const listing = await this.passes.list(session.signal);
    await this.passes.convert(this.passes.runs(listing, session.signal), counter, session);
    await this.passes.endComplete(listing, counter, session, { every: this.every, since: changes?.since });
    this.schedule.polled(counter.began, 'all');
  }
}
