import { dirname } from 'node:path';
import { Repository } from '../aim/repository.js';
import { RepositoryLock } from '../aim/repository-lock.js';
import { Conversion, type PassedRun } from '../conversion.js';
import type { ConvertOptions } from '../convert-options.js';
import { asFatal } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import { openStore } from '../mlflow/open-store.js';
import type { TrackingStore } from '../mlflow/tracking-store.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import { Backoff } from './backoff.js';
import { Calm } from './calm.js';
import { HintedRuns } from './hinted-runs.js';
import { HintQueue, type Hints } from './hints.js';
import { Listing } from './listing.js';
import { sourceKind } from './source-kind.js';
import { cost, Sweep } from './sweep.js';
import { SyncJournal } from './sync-journal.js';
import { Tracker } from './tracker.js';

/** How a source is followed. Times are milliseconds. */
export interface WatchOptions {
  /** Between two looks at a server or a database. */
  readonly interval: number;
  /** Between two walks through all runs of a directory. */
  readonly reconcile: number;
  /** Look again and again instead of waiting for events. */
  readonly poll: boolean;
}

export const DEFAULT_WATCH: WatchOptions = { interval: 10_000, reconcile: 30_000, poll: false };

/** From a hint to the look that it asks for. */
const SETTLE = 250;
/** A database is looked at as a whole: at most a part of the time, however often it changes. */
const LOOKING_PART = 4;
/** So long after a run was written last, its index entries are written once more; see {@link Conversion.reindex}. */
const CALM = 8_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/**
 * Brings the repository up to date and then follows the source until `signal` is aborted; resolves then. Rejects with a
 * `fatal` error when it cannot begin. After that nothing ends it: what fails is told once and tried again, with growing
 * pauses. Whenever it ends, the repository holds only whole runs.
 */
export async function watch(
  options: ConvertOptions,
  watching: WatchOptions,
  events: ConvertEvents,
  signal: AbortSignal,
): Promise<void> {
  const warn = (message: string) => events.emit('warning', { message });
  const store = openStore(options.trackingUri, { ...options.source, warn: once(warn) });
  try {
    const listing = await Listing.begin(store, options.experiments, signal);
    const repository = Repository.open(options.repo);
    const lock = RepositoryLock.take(repository.lockFile);
    try {
      events.emit('start', { source: store.uri, repo: dirname(repository.path) });
      await new Watch(options, watching, events, store, repository).run(listing, signal);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await store.close();
  }
}

/** The same experiment is passed over at each look; that is said once. */
function once(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) tell(message);
    told.add(message);
  };
}

/** What a pass has done so far. */
interface Tally {
  readonly began: number;
  runs: number;
  changed: number;
}

/** Hints are followed at once; a walk through all runs finds what they missed; both are passes of one conversion. */
class Watch {
  private readonly hints = new HintQueue(SETTLE);
  private readonly backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
  private readonly tracker: Tracker;
  private readonly isDirectory: boolean;
  private conversion: Conversion | undefined;
  private journal: SyncJournal | undefined;
  private walk: { readonly listing: Listing; readonly sweep: Sweep; readonly began: number } | undefined;
  private nextLook = 0;
  private notBefore = 0;
  private caughtUp = false;
  private readonly calm = new Calm(CALM);

  constructor(
    private readonly options: ConvertOptions,
    private readonly watching: WatchOptions,
    private readonly events: ConvertEvents,
    private readonly store: TrackingStore,
    private readonly repository: Repository,
  ) {
    const kind = sourceKind(options.trackingUri, store);
    this.isDirectory = kind.type === 'directory';
    this.tracker = new Tracker(kind, watching.poll, (hint) => this.hints.add(hint), events);
  }

  async run(listing: Listing, signal: AbortSignal): Promise<void> {
    this.tracker.experiments(listing.experiments);
    let first: Listing | undefined = listing;
    try {
      while (!signal.aborted) {
        try {
          const { conversion, journal } = this.open();
          if (!this.caughtUp) {
            await this.catchUp(first ?? (await this.list(signal)), conversion, journal, signal);
          } else {
            await this.step(conversion, journal, signal);
          }
          this.recovered();
        } catch (error) {
          if (signal.aborted) return;
          await this.broken(error, signal);
        }
        first = undefined;
      }
    } finally {
      await this.tracker.close();
      await this.close();
    }
  }

  private open(): { conversion: Conversion; journal: SyncJournal } {
    this.conversion ??= new Conversion(this.options, this.events, this.store, this.repository);
    this.journal ??= SyncJournal.open(this.repository.ledgerFile, this.store.uri);
    return { conversion: this.conversion, journal: this.journal };
  }

  private async close(): Promise<void> {
    const { conversion, journal } = this;
    this.conversion = this.journal = undefined;
    journal?.close();
    await conversion?.close();
  }

  private async catchUp(
    listing: Listing,
    conversion: Conversion,
    journal: SyncJournal,
    signal: AbortSignal,
  ): Promise<void> {
    const tally = newTally();
    const runs = listing.runs((experiment) => this.events.emit('experiment', experiment), signal);
    await conversion.pass(runs, signal, { done: this.counting(tally, journal, true), stopBriefly: true });
    await this.complete(listing, conversion, journal, tally, signal);
    this.caughtUp = true;
    // The threads that have converted a whole store hold the memory for that; what follows needs little.
    await this.close();
    this.events.emit('watching', { how: this.tracker.how, active: this.tracker.active });
  }

  /** Waits until there is something to do, and does it. */
  private async step(conversion: Conversion, journal: SyncJournal, signal: AbortSignal): Promise<void> {
    await this.hints.wait(Math.min(this.nextLook, this.calm.next()), this.notBefore, signal);
    if (signal.aborted) return;
    const calmed = this.calm.take();
    if (calmed.length > 0 && !(await conversion.reindex(calmed))) this.calm.add(calmed);
    const hints = Date.now() >= this.notBefore ? this.hints.take() : undefined;
    if (hints === undefined && Date.now() < this.nextLook) return;
    if (hints !== undefined && this.isDirectory) await this.followHints(hints, conversion, journal, signal);
    else if (hints !== undefined || !this.isDirectory) await this.lookAtAll(hints, conversion, journal, signal);
    else await this.walkOn(conversion, journal, signal);
  }

  private async followHints(
    hints: Hints,
    conversion: Conversion,
    journal: SyncJournal,
    signal: AbortSignal,
  ): Promise<void> {
    const tally = newTally();
    // something is gone, or whatever: the walk finds out
    if (hints.everything) this.nextLook = Math.min(this.nextLook, Date.now());
    const hinted = new HintedRuns(this.store, this.options.experiments, this.tracker, conversion.ledger);
    const runs = await hinted.runs(hints, signal);
    for (const { hash, run } of runs) {
      this.tracker.meet(hash, run);
      this.walk?.listing.meet(hash);
    }
    if (runs.length === 0) return;
    const done = this.counting(tally, journal, false);
    await conversion.pass(iterate(runs.map(({ run }) => run)), signal, { done, brief: true });
    journal.passed({ complete: false });
    this.tell(tally, false, tally.changed > 0 ? Date.now() - hints.since : undefined);
  }

  /** Servers and databases tell cheaply what has changed, but only all together. */
  private async lookAtAll(
    hints: Hints | undefined,
    conversion: Conversion,
    journal: SyncJournal,
    signal: AbortSignal,
  ): Promise<void> {
    const tally = newTally();
    const listing = await this.list(signal);
    const done = this.counting(tally, journal, false);
    await conversion.pass(
      listing.runs(() => {}, signal),
      signal,
      { done, brief: true },
    );
    const lag = hints === undefined || tally.changed === 0 ? undefined : Date.now() - hints.since;
    await this.complete(listing, conversion, journal, tally, signal, lag);
  }

  /** One more slice of the walk through a directory. */
  private async walkOn(conversion: Conversion, journal: SyncJournal, signal: AbortSignal): Promise<void> {
    const spent = cost();
    const tally = newTally();
    this.walk ??= await this.beginWalk(signal);
    const { listing, sweep, began } = this.walk;
    const done = this.counting(tally, journal, false);
    await conversion.pass(sweep.slice(), signal, { done, brief: true });
    if (sweep.isOver) {
      this.walk = undefined;
      await this.complete(listing, conversion, journal, { ...tally, began }, signal);
      this.nextLook = Math.max(Date.now() + this.watching.reconcile - (Date.now() - began), Date.now() + spent.pause());
    } else {
      if (tally.changed > 0) this.tell(tally, false);
      this.nextLook = Date.now() + (tally.changed > 0 ? 0 : spent.pause());
    }
  }

  private async beginWalk(signal: AbortSignal) {
    const began = Date.now();
    const listing = await this.list(signal);
    return { listing, sweep: new Sweep(listing.runs(() => {}, signal)), began };
  }

  private async list(signal: AbortSignal): Promise<Listing> {
    const listing = await Listing.begin(this.store, this.options.experiments, signal);
    this.tracker.experiments(listing.experiments);
    return listing;
  }

  /** All runs of the source have been met. */
  private async complete(
    listing: Listing,
    conversion: Conversion,
    journal: SyncJournal,
    tally: Tally,
    signal: AbortSignal,
    lag?: number,
  ): Promise<void> {
    const missing = await listing.missing(conversion.ledger, signal);
    for (const hash of missing) this.tracker.leave(hash);
    conversion.vanished(missing);
    this.tracker.tidy();
    journal.passed({ complete: true, began: tally.began });
    const took = Date.now() - tally.began;
    this.notBefore = this.isDirectory ? 0 : Date.now() + LOOKING_PART * took;
    this.nextLook = Date.now() + (this.isDirectory ? this.watching.reconcile : Math.max(this.watching.interval, took));
    if (this.caughtUp) this.tell(tally, true, lag);
  }

  private counting(tally: Tally, journal: SyncJournal, first: boolean): (passed: PassedRun) => void {
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

  private tell({ began, runs, changed }: Tally, complete: boolean, lag?: number): void {
    this.events.emit('pass', {
      complete,
      runs,
      changed,
      active: this.tracker.active,
      seconds: (Date.now() - began) / 1000,
      ...(lag !== undefined && { lag: lag / 1000 }),
    });
  }

  private recovered(): void {
    if (!this.backoff.isFailing) return;
    this.backoff.reset();
    this.events.emit('source', { available: true, message: 'The watch goes on: what failed works again.' });
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
    const until = Date.now() + this.backoff.next();
    await this.hints.wait(until, until, signal);
    this.nextLook = 0;
  }
}

function newTally(): Tally {
  return { began: Date.now(), runs: 0, changed: 0 };
}

async function* iterate(runs: readonly EnumeratedRun[]): AsyncGenerator<EnumeratedRun> {
  yield* runs;
}
