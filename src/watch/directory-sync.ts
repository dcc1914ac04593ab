import { monotonicNow } from '../clock.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { PendingChanges } from './change-queue.js';
import { ChangedRuns } from './changed-runs.js';
import { PassCounter } from './pass-counter.js';
import type { Passes } from './passes.js';
import { Reconciler } from './reconciler.js';
import type { Session, WatchedSource } from './session.js';
import type { SyncStrategy } from './sync-strategy.js';
import type { Tracker } from './tracker.js';

/** For a directory, whose events name the changed runs: converts only those. Reconciliation finds the rest. */
export class DirectorySync implements SyncStrategy {
  readonly notBefore = Number.NEGATIVE_INFINITY;
  private readonly reconciler: Reconciler;

  /** @param every milliseconds between the starts of two reconciliations */
  constructor(
    private readonly source: WatchedSource,
    private readonly tracker: Tracker,
    private readonly passes: Passes,
    readonly every: number,
  ) {
    this.reconciler = new Reconciler(passes, every);
  }

  get next(): number {
    return this.reconciler.next;
  }

  caughtUp(): void {
    this.reconciler.next = monotonicNow() + this.every;
  }

  restart(): void {
    this.reconciler.restart();
  }

  async step(changes: PendingChanges | undefined, session: Session): Promise<void> {
    if (changes === undefined) await this.reconciler.step(session);
    else await this.follow(changes, session);
  }

  private async follow(changes: PendingChanges, session: Session): Promise<void> {
    const counter = new PassCounter();
    // a run was removed, or events were lost
    if (changes.everything) this.reconciler.next = Math.min(this.reconciler.next, monotonicNow());
    const { ledger } = session.conversion;
    const changed = new ChangedRuns(this.source, this.tracker, ledger, this.passes.choice);
    const runs = await changed.find(changes, session.signal);
    for (const { hash, run } of runs) {
      this.tracker.addCandidate(hash, run);
      this.reconciler.markSeen(hash);
    }
    if (runs.length === 0) return;
    await this.passes.convert(iterate(runs.map(({ run }) => run)), counter, session, true);
    this.passes.endPartial(counter, session, changes.since);
  }
}

async function* iterate(runs: readonly EnumeratedRun[]): AsyncGenerator<EnumeratedRun> {
  yield* runs;
}
