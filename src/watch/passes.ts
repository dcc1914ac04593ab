import { monotonicNow } from '../clock.js';
import type { ProcessedRun } from '../conversion/pending-reports.js';
import type { ConvertEvents } from '../events.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import { Listing } from '../state/listing.js';
import { MissedRuns } from '../state/missed-runs.js';
import { activeRuns, followedRuns } from './active-runs.js';
import type { Debouncer } from './debouncer.js';
import { nextPassWithin } from './next-within.js';
import { PassCounter } from './pass-counter.js';
import { RunChoice } from './run-choice.js';
import type { Session, WatchedSource } from './session.js';
import type { Tracker } from './tracker.js';

/** Runs the passes of a watch, and reports their results to the tracker, the journal and the listeners of events. */
export class Passes {
  readonly choice: RunChoice;
  private readonly missedRuns = new MissedRuns();

  /** @param written collects the hashes of the runs that were written after catching up */
  constructor(
    private readonly source: WatchedSource,
    private readonly tracker: Tracker,
    private readonly written: Debouncer,
    private readonly events: ConvertEvents,
  ) {
    this.choice = new RunChoice(source);
  }

  /** Starts a listing of all runs. */
  async list(signal: AbortSignal): Promise<Listing> {
    const listing = await Listing.begin(this.source.store, this.source.selection, signal);
    this.tracker.updateExperiments(listing.experiments);
    this.choice.update(listing);
    return listing;
  }

  /** The runs of a listing, preceded by those that are followed but no longer chosen: these are read to their end. */
  async *runs(listing: Listing, signal: AbortSignal): AsyncGenerator<EnumeratedRun> {
    if (this.choice.isOfRuns) {
      for await (const run of followedRuns(this.source.store, this.tracker, signal)) {
        if (listing.chosen?.has(run.ref.runId) !== true) yield run;
      }
    }
    yield* listing.runs(() => {}, signal);
  }

  /** The active runs, as far as they are chosen. */
  active(signal: AbortSignal): AsyncGenerator<EnumeratedRun> {
    const list = this.choice.isOfRuns ? followedRuns : activeRuns;
    return list(this.source.store, this.tracker, signal);
  }

  /**
   * The first pass, over everything. Resolves to the milliseconds within which the next complete pass should end.
   * @param force unchanged runs are read again, too
   */
  async catchUp(listing: Listing, session: Session, every: number, force: boolean): Promise<number> {
    const { conversion, signal } = session;
    await listing.addActive(conversion.ledger, signal);
    this.choice.update(listing);
    const counter = new PassCounter();
    const runs = listing.runs(
      (experiment) => this.events.emit('experiment', experiment),
      signal,
      () => this.events.emit('listed'),
    );
    const ready = (run: ProcessedRun['report']) => void this.events.emit('run:ready', run);
    await conversion.pass(runs, signal, {
      ready,
      done: this.counting(counter, session, true),
      force,
      listsAhead: true,
    });
    const nextWithin = await this.finish(listing, counter, session, every);
    conversion.checkAccepted();
    return nextWithin;
  }

  /**
   * A pass over these runs, added to the counter.
   *
   * @param changed exactly these runs have changed
   */
  async convert(runs: AsyncIterable<EnumeratedRun>, counter: PassCounter, session: Session, changed = false) {
    const done = this.counting(counter, session, false);
    await session.conversion.pass(runs, session.signal, { done, brief: true, changed });
  }

  /**
   * A pass has covered only some of the runs.
   *
   * @param since when the first of the changes was noticed
   */
  endPartial(counter: PassCounter, { journal }: Session, since?: number): void {
    journal.passed({ complete: false });
    this.events.emit('pass', counter.summary(false, this.tracker.active, since));
  }

  /**
   * All runs of the listing have been covered.
   *
   * @param every milliseconds between two complete passes
   */
  async endComplete(
    listing: Listing,
    counter: PassCounter,
    session: Session,
    { every, since }: { readonly every: number; readonly since?: number | undefined },
  ): Promise<void> {
    const nextWithin = await this.finish(listing, counter, session, every);
    const summary = counter.summary(true, this.tracker.active, since);
    this.events.emit('pass', { ...summary, nextWithin: nextWithin / 1000 });
  }

  private async finish(listing: Listing, counter: PassCounter, session: Session, every: number): Promise<number> {
    const { conversion, journal, signal } = session;
    const missing = await listing.missing(conversion.ledger, signal);
    for (const hash of missing) this.tracker.forget(hash);
    await conversion.missed(this.missedRuns.confirm(missing), signal);
    this.tracker.dropStaleCandidates();
    const nextWithin = nextPassWithin(every, monotonicNow() - counter.began);
    const failures = this.source.failures.values();
    journal.passed({ complete: listing.isWhole, began: counter.began, nextWithin, failures });
    this.source.failures.clear();
    return nextWithin;
  }

  private counting(counter: PassCounter, { journal }: Session, isFirst: boolean): (run: ProcessedRun) => void {
    return (run) => {
      const { outcome, runHash } = run.report;
      counter.runs++;
      if (outcome === 'new' || outcome === 'updated') {
        counter.changed++;
        if (!isFirst) this.written.add([runHash]);
      }
      journal.note(run.report);
      if (this.tracker.processed(run, isFirst)) this.events.emit('run:done', run.report);
    };
  }
}
