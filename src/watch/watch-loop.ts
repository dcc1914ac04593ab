import type { Repository } from '../aim/repository.js';
import { RepositoryReplacedError } from '../aim/repository-identity.js';
import { Backoff } from '../backoff.js';
import { monotonicNow } from '../clock.js';
import { asFatal } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import type { WatchPolicy } from '../options.js';
import type { Listing } from '../state/listing.js';
import { sleep } from '../wait.js';
import { ChangeQueue } from './change-queue.js';
import { Debouncer } from './debouncer.js';
import { DirectorySync } from './directory-sync.js';
import { Passes } from './passes.js';
import { PolledSync } from './polled-sync.js';
import type { Session, WatchedConversion, WatchedSource, WatchJournal } from './session.js';
import type { OpenWatcher } from './source-watcher.js';
import type { SyncStrategy } from './sync-strategy.js';
import { Tracker } from './tracker.js';

/** From the first change until it is handled; milliseconds. */
const SETTLE = 250;
/** How long after the last write of a run its index entries are written again; milliseconds. */
const QUIET = 8_000;
/** Pauses after failures; milliseconds. */
const PAUSES = { first: 1_000, longest: 60_000 };

/** The parts of a watch. */
export interface WatchEnds {
  readonly source: WatchedSource;
  readonly repository: Pick<Repository, 'checkIdentity'>;
  readonly openConversion: () => WatchedConversion;
  readonly openJournal: () => WatchJournal;
  readonly openWatcher: OpenWatcher;
  /** The first pass also reads unchanged runs again. */
  readonly force?: boolean;
}

/**
 * A watch, which is in one of three states:
 *
 * - Catching up: one complete pass over everything. Then the conversion is closed, because threads that have converted a
 * whole store keep the memory for it, and `watching` is emitted.
 * - Following: waits until there is a change, or until something is due without one. The {@link SyncStrategy} decides what
 * to read then. When a run has been quiet for a while, its index entries are written again.
 * - Recovering, after any failure: the session (conversion and journal) is closed, and a new one is opened for the next
 * attempt. Pauses double up to a minute. `source` is emitted for the first failure and for the first success, not in
 * between; after a success the source watcher is opened again, since what it watched may have been replaced.
 *
 * It ends, in any state, when the signal is aborted, or with a {@link RepositoryReplacedError}. Then the watcher is closed,
 * the index is updated if the conversion can still be used, and the session is closed.
 */
export class WatchLoop {
  private readonly changes = new ChangeQueue(SETTLE);
  private readonly written = new Debouncer(QUIET);
  private readonly backoff = new Backoff(PAUSES);
  private readonly tracker: Tracker;
  private readonly passes: Passes;
  private readonly strategy: SyncStrategy;
  private session: Session | undefined;
  private isCaughtUp = false;

  constructor(
    private readonly ends: WatchEnds,
    { poll, reconcile, interval }: Pick<WatchPolicy, 'poll' | 'reconcile' | 'interval'>,
    private readonly events: ConvertEvents,
  ) {
    const { source, openWatcher } = ends;
    this.tracker = new Tracker(openWatcher, poll, (change) => this.changes.add(change), events);
    this.passes = new Passes(source, this.tracker, this.written, events);
    this.strategy =
      source.store.changes.type === 'directory'
        ? new DirectorySync(source, this.tracker, this.passes, reconcile)
        : new PolledSync(source, this.passes, interval);
  }

  /** Resolves when `signal` is aborted. @param listing to begin with */
  async run(listing: Listing, signal: AbortSignal): Promise<void> {
    this.tracker.updateExperiments(listing.experiments);
    let first: Listing | undefined = listing;
    try {
      while (!signal.aborted) {
        try {
          await this.advance(first, signal);
        } catch (error) {
          if (signal.aborted) return;
          await this.recover(this.causeOf(error), signal);
        }
        first = undefined;
      }
    } finally {
      await this.end();
    }
  }

  private async advance(listing: Listing | undefined, signal: AbortSignal): Promise<void> {
    this.ends.repository.checkIdentity();
    const session = this.openSession(signal);
    if (this.isCaughtUp) await this.follow(session);
    else await this.catchUp(listing ?? (await this.passes.list(signal)), session);
    this.succeeded();
  }

  private async catchUp(listing: Listing, session: Session): Promise<void> {
    const nextWithin = await this.passes.catchUp(listing, session, this.strategy.every, this.ends.force ?? false);
    this.strategy.caughtUp();
    this.isCaughtUp = true;
    await this.closeSession();
    const { how, active } = this.tracker;
    this.events.emit('watching', { how, active, nextWithin: nextWithin / 1000 });
  }

  /** Waits until something is due, and does it. */
  private async follow(session: Session): Promise<void> {
    const { conversion, signal } = session;
    const { strategy } = this;
    await this.changes.wait(Math.min(strategy.next, this.written.next()), strategy.notBefore, signal);
    if (signal.aborted) return;
    const quiet = this.written.take();
    if (quiet.length > 0 && !(await conversion.reindex(quiet))) this.written.add(quiet);
    const changes = monotonicNow() >= strategy.notBefore ? this.changes.take() : undefined;
    if (changes !== undefined || monotonicNow() >= strategy.next) await strategy.step(changes, session);
  }

  private async recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof RepositoryReplacedError) throw error;
    this.session?.journal.failed(error);
    await this.closeSession().catch(() => {});
    if (!this.backoff.isFailing) {
      const { code, sentence } = asFatal(error, this.ends.source.store.uri);
      this.events.emit('source', { available: false, code, message: `${sentence} The watch will keep trying.` });
    }
    await sleep(this.backoff.next(), signal).catch(() => {});
    this.strategy.restart();
  }

  private succeeded(): void {
    if (!this.backoff.isFailing) return;
    this.backoff.reset();
    this.tracker.restart();
    this.events.emit('source', { available: true, message: 'The watch has resumed: what failed works again.' });
  }

  private async end(): Promise<void> {
    await this.tracker.close();
    // If this fails, the next conversion does it.
    await this.session?.conversion.reindex([]).catch(() => {});
    this.session?.journal.ended();
    await this.closeSession();
  }

  private openSession(signal: AbortSignal): Session {
    if (this.session === undefined) {
      const conversion = this.ends.openConversion();
      this.session = { conversion, journal: this.ends.openJournal(), signal };
    }
    return this.session;
  }

  private async closeSession(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    session?.journal.close();
    await session?.conversion.close();
  }

  /** If the repository has disappeared during a pass, reports that instead of what failed because of it. */
  private causeOf(error: unknown): unknown {
    try {
      this.ends.repository.checkIdentity();
      return error;
    } catch (cause) {
      return cause;
    }
  }
}
