import type { Repository } from '../aim/repository.js';
import { RepositoryReplacedError } from '../aim/repository-identity.js';
import { Backoff } from '../backoff.js';
import { monotonicNow } from '../clock.js';
import { Conversion } from '../conversion/conversion.js';
import type { ProcessedRun, RunListener } from '../conversion/run-news.js';
import { asFatal } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ResolvedOptions, WatchPolicy } from '../options.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import { Listing } from '../state/listing.js';
import { MissedRuns } from '../state/missed-runs.js';
import { Retries } from '../state/retries.js';
import { SyncJournal } from '../state/sync-journal.js';
import { activeRuns } from './active-runs.js';
import { ChangeQueue, type PendingChanges } from './change-queue.js';
import { ChangedRuns } from './changed-runs.js';
import { Debouncer } from './debouncer.js';
import { nextPollWithin } from './poll-age.js';
import { PollSchedule } from './poll-schedule.js';
import { cost, Reconciler } from './reconciler.js';
import { Tally } from './tally.js';
import { Tracker } from './tracker.js';

/** From a hint to the look that it asks for. */
const SETTLE = 250;
/** So long after a run was written last, its index entries are written once more; see {@link Conversion.reindex}. */
const CALM = 8_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** What a watch connects. */
export interface WatchedEnds {
  readonly store: TrackingStore;
  readonly repository: Repository;
  /** The store adds a sentence for each experiment and table that it cannot read; emptied when it was looked at as a whole. */
  readonly unread: Set<string>;
}

/** What a step works with. */
interface Work {
  readonly conversion: Conversion;
  readonly journal: SyncJournal;
  readonly signal: AbortSignal;
}

/** A walk through all runs of a directory that is under way. */
interface Walk {
  readonly listing: Listing;
  readonly sweep: Reconciler;
  readonly whole: Tally;
}

/** PendingChanges are followed at once; a walk through all runs finds what they missed; both are passes of one conversion. */
export class WatchLoop {
  private readonly hints = new ChangeQueue(SETTLE);
  private readonly backoff = new Backoff({ first: FIRST_PAUSE, longest: LONGEST_PAUSE });
  private readonly tracker: Tracker;
  private readonly isDirectory: boolean;
  private conversion: Conversion | undefined;
  private journal: SyncJournal | undefined;
  private walk: Walk | undefined;
  private readonly pace: PollSchedule;
  private caughtUp = false;
  private nextWithin = 0;
  private readonly calm = new Debouncer(CALM);
  private readonly missedRuns = new MissedRuns();
  private readonly retries = new Retries();
  private readonly store: TrackingStore;
  private readonly repository: Repository;
  private readonly unread: Set<string>;

  constructor(
    private readonly options: ResolvedOptions,
    private readonly watching: WatchPolicy,
    private readonly events: ConvertEvents,
    { store, repository, unread }: WatchedEnds,
  ) {
    this.store = store;
    this.repository = repository;
    this.unread = unread;
    this.isDirectory = store.changes.type === 'directory';
    this.pace = new PollSchedule(watching.interval, store.activeRuns !== undefined);
    this.tracker = new Tracker(store.changes, watching.poll, (hint) => this.hints.add(hint), events);
  }

  /** Until `signal` is aborted. @param listing to begin with */
  async run(listing: Listing, signal: AbortSignal): Promise<void> {
    this.tracker.experiments(listing.experiments);
    let first: Listing | undefined = listing;
    try {
      while (!signal.aborted) {
        try {
          this.repository.checkIdentity();
          const work = { ...this.open(), signal };
          if (this.caughtUp) await this.step(work);
          else await this.catchUp(first ?? (await this.list(signal)), work);
          this.recovered();
        } catch (caught) {
          if (signal.aborted) return;
          const error = this.causeOf(caught);
          if (error instanceof RepositoryReplacedError) throw error;
          await this.broken(error, signal);
        }
        first = undefined;
      }
    } finally {
      await this.tracker.close();
      // What a growing run has left to a calmer moment; if that fails, the next conversion does it.
      await this.conversion?.reindex([]).catch(() => {});
      this.journal?.ended();
      await this.close();
    }
  }

  private open(): Omit<Work, 'signal'> {
    this.conversion ??= new Conversion(this.options, this.events, this.store, this.repository, this.retries);
    this.journal ??= SyncJournal.open(this.repository.ledgerFile, this.store.uri);
    return { conversion: this.conversion, journal: this.journal };
  }

  private async close(): Promise<void> {
    const { conversion, journal } = this;
    this.conversion = this.journal = undefined;
    journal?.close();
    await conversion?.close();
  }

  private async catchUp(listing: Listing, work: Work): Promise<void> {
    const { conversion, signal } = work;
    const tally = new Tally();
    const runs = listing.runs((experiment) => this.events.emit('experiment', experiment), signal);
    const ready: RunListener['ready'] = (run) => this.events.emit('run:ready', run);
    await conversion.pass(runs, signal, { ready, done: this.counting(tally, work, true) });
    await this.complete(listing, work, tally);
    conversion.checkAccepted();
    this.caughtUp = true;
    // The threads that have converted a whole store hold the memory for that; what follows needs little.
    await this.close();
    const { how, active } = this.tracker;
    this.events.emit('watching', { how, active, nextWithin: this.nextWithin / 1000 });
  }

  /** Waits until there is something to do, and does it. */
  private async step(work: Work): Promise<void> {
    const { conversion, signal } = work;
    await this.hints.wait(Math.min(this.pace.next, this.calm.next()), this.pace.notBefore, signal);
    if (signal.aborted) return;
    const calmed = this.calm.take();
    if (calmed.length > 0 && !(await conversion.reindex(calmed))) this.calm.add(calmed);
    const hints = monotonicNow() >= this.pace.notBefore ? this.hints.take() : undefined;
    if (hints === undefined && monotonicNow() < this.pace.next) return;
    if (hints !== undefined && this.isDirectory) await this.followHints(hints, work);
    else if (this.isDirectory) await this.walkOn(work);
    else if (this.pace.isNarrow) await this.lookAtGoing(hints, work);
    else await this.lookAtAll(hints, work);
  }

  private async followHints(hints: PendingChanges, work: Work): Promise<void> {
    const { conversion, journal, signal } = work;
    const tally = new Tally();
    // something is gone, or whatever: the walk finds out
    if (hints.everything) this.pace.next = Math.min(this.pace.next, monotonicNow());
    const hinted = new ChangedRuns(this.store, this.options.experiments, this.tracker, conversion.ledger);
    const runs = await hinted.runs(hints, signal);
    for (const { hash, run } of runs) {
      this.tracker.meet(hash, run);
      this.walk?.listing.markSeen(hash);
    }
    if (runs.length === 0) return;
    const done = this.counting(tally, work, false);
    await conversion.pass(iterate(runs.map(({ run }) => run)), signal, { done, brief: true, hinted: true });
    journal.passed({ complete: false });
    this.tell(tally, false, hints.since);
  }

  /** What has changed among the runs that go on, which is cheap; the rest has its turn when that is affordable. */
  private async lookAtGoing(hints: PendingChanges | undefined, work: Work): Promise<void> {
    const { conversion, journal, signal } = work;
    const tally = new Tally();
    const runs = activeRuns(this.store, this.tracker, signal);
    await conversion.pass(runs, signal, { done: this.counting(tally, work, false), brief: true });
    journal.passed({ complete: false });
    this.pace.looked(tally.began, 'what goes on');
    this.tell(tally, false, hints?.since);
  }

  /** Servers and databases tell cheaply what has changed, but only all together. */
  private async lookAtAll(hints: PendingChanges | undefined, work: Work): Promise<void> {
    const { conversion, signal } = work;
    const tally = new Tally();
    const listing = await this.list(signal);
    const runs = listing.runs(() => {}, signal);
    await conversion.pass(runs, signal, { done: this.counting(tally, work, false), brief: true });
    await this.complete(listing, work, tally, hints?.since);
  }

  /** One more slice of the walk through a directory. */
  private async walkOn(work: Work): Promise<void> {
    const { conversion, signal } = work;
    const spent = cost();
    this.walk ??= await this.beginWalk(signal);
    const { listing, sweep, whole } = this.walk;
    const tally = new Tally();
    await conversion.pass(sweep.slice(), signal, { done: this.counting(tally, work, false), brief: true });
    whole.runs += tally.runs;
    if (sweep.isOver) {
      this.walk = undefined;
      whole.changed = tally.changed; // the changes of earlier slices have been told
      await this.complete(listing, work, whole);
      this.pace.next = Math.max(whole.began + this.watching.reconcile, monotonicNow() + spent.pause());
    } else {
      work.journal.passed({ complete: false });
      this.tell(tally, false);
      this.pace.next = monotonicNow() + (tally.changed > 0 ? 0 : spent.pause());
    }
  }

  private async beginWalk(signal: AbortSignal): Promise<Walk> {
    const whole = new Tally();
    const listing = await this.list(signal);
    return { listing, sweep: new Reconciler(listing.runs(() => {}, signal)), whole };
  }

  private async list(signal: AbortSignal): Promise<Listing> {
    const listing = await Listing.begin(this.store, this.options.experiments, signal);
    this.tracker.experiments(listing.experiments);
    return listing;
  }

  /** All runs of the source have been met. */
  private async complete(listing: Listing, { conversion, journal, signal }: Work, tally: Tally, since?: number) {
    const missing = await listing.missing(conversion.ledger, signal);
    for (const hash of missing) this.tracker.leave(hash);
    await conversion.missed(this.missedRuns.confirm(missing), signal);
    this.tracker.tidy();
    const every = this.isDirectory ? this.watching.reconcile : this.watching.interval;
    this.nextWithin = nextPollWithin(every, monotonicNow() - tally.began);
    journal.passed({ complete: true, began: tally.began, nextWithin: this.nextWithin, unread: this.unread });
    this.unread.clear();
    if (this.isDirectory) this.pace.next = monotonicNow() + this.watching.reconcile;
    // what converting everything took, before that, says nothing of how long looking will take
    else this.pace.looked(this.caughtUp ? tally.began : monotonicNow(), 'all');
    if (this.caughtUp) this.tell(tally, true, since);
  }

  private counting(tally: Tally, { journal }: Work, first: boolean): (passed: ProcessedRun) => void {
    return (passed) => {
      tally.runs++;
      if (passed.report.outcome === 'new' || passed.report.outcome === 'updated') {
        tally.changed++;
        if (!first) this.calm.add([passed.report.runHash]);
      }
      journal.note(passed.report);
      if (this.tracker.passed(passed, first)) this.events.emit('run:done', passed.report);
    };
  }

  private tell(tally: Tally, complete: boolean, since?: number): void {
    const pass = tally.pass(complete, this.tracker.active, since);
    this.events.emit('pass', complete ? { ...pass, nextWithin: this.nextWithin / 1000 } : pass);
  }

  private recovered(): void {
    if (!this.backoff.isFailing) return;
    this.backoff.reset();
    // What was watched may have been replaced meanwhile.
    this.tracker.restart();
    this.events.emit('source', { available: true, message: 'The watch goes on: what failed works again.' });
  }

  /** Whatever fails because the repository has gone in the middle of a pass is told as that. */
  private causeOf(error: unknown): unknown {
    try {
      this.repository.checkIdentity();
      return error;
    } catch (cause) {
      return cause;
    }
  }

  /** A pass was broken off: all that it held is given back, and after a pause everything is looked at. */
  private async broken(error: unknown, signal: AbortSignal): Promise<void> {
    const { sentence } = asFatal(error, this.store.uri);
    this.journal?.failed(error);
    this.walk = undefined;
    await this.close().catch(() => {});
    if (!this.backoff.isFailing) {
      const message = `${sentence} The watch goes on and tries again.`;
      this.events.emit('source', { available: false, message });
    }
    const until = monotonicNow() + this.backoff.next();
    await this.hints.wait(until, until, signal);
    this.pace.next = Number.NEGATIVE_INFINITY;
  }
}

async function* iterate(runs: readonly EnumeratedRun[]): AsyncGenerator<EnumeratedRun> {
  yield* runs;
}
