import { monotonicNow } from '../clock.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { Listing } from '../state/listing.js';
import { PassCounter } from './pass-counter.js';
import type { Passes } from './passes.js';
import type { Session } from './session.js';

/** Runs checked in one step; changes are handled between steps. */
const SLICE = 128;
/** The share of a core that checking unchanged runs may use. */
const CPU_SHARE = 0.01;
/** Milliseconds. */
const LONGEST_PAUSE = 10_000;

interface Reconciliation {
  readonly listing: Listing;
  readonly slices: Slices;
  readonly counter: PassCounter;
}

/**
 * Checks all runs of a directory over and over, in slices, and so finds what events missed. A check costs some tenths of a
 * millisecond per run; for a store of 10,000 runs every 30 s, that would be a tenth of a core. The pause after each slice
 * keeps the total below one hundredth, so checking a large store takes minutes.
 */
export class Reconciler {
  /** When the next step is due; milliseconds of a monotonic clock. */
  next = Number.NEGATIVE_INFINITY;
  private current: Reconciliation | undefined;

  /** @param every milliseconds between the starts of two reconciliations */
  constructor(
    private readonly passes: Passes,
    private readonly every: number,
  ) {}

  /** The run is known to exist from elsewhere; see {@link Listing.markSeen}. */
  markSeen(hash: string): void {
    this.current?.listing.markSeen(hash);
  }

  /** Cancels the current reconciliation; the next one is due at once. */
  restart(): void {
    this.current = undefined;
    this.next = Number.NEGATIVE_INFINITY;
  }

  /** Checks the next slice. */
  async step(session: Session): Promise<void> {
    const cpu = new CpuBudget();
    this.current ??= await this.begin(session);
    const { listing, slices, counter: whole } = this.current;
    const counter = new PassCounter();
    await this.passes.convert(slices.take(), counter, session);
    whole.runs += counter.runs;
    if (!slices.isOver) {
      this.passes.endPartial(counter, session);
      this.next = monotonicNow() + (counter.changed > 0 ? 0 : cpu.pause());
      return;
    }
    this.current = undefined;
    whole.changed = counter.changed; // changes in earlier slices were reported with them
    await this.passes.endComplete(listing, whole, session, { every: this.every });
    this.next = Math.max(whole.began + this.every, monotonicNow() + cpu.pause());
  }

  private async begin({ signal }: Session): Promise<Reconciliation> {
    const counter = new PassCounter();
    const listing = await this.passes.list(signal);
    return { listing, slices: new Slices(this.passes.runs(listing, signal)), counter };
  }
}

/** Cuts a listing into slices. */
export class Slices {
  private ended = false;

  constructor(private readonly runs: AsyncGenerator<EnumeratedRun>) {}

  /** Whether all runs have been taken. */
  get isOver(): boolean {
    return this.ended;
  }

  /** The next runs. */
  async *take(): AsyncGenerator<EnumeratedRun> {
    for (let taken = 0; taken < SLICE; taken++) {
      const next = await this.runs.next();
      if (next.done === true) {
        this.ended = true;
        return;
      }
      yield next.value;
    }
  }
}

/** Measures the CPU time of this process, all threads together, from its construction on. */
export class CpuBudget {
  private readonly before = process.cpuUsage();

  /** Milliseconds to pause to stay within the budget. */
  pause(): number {
    const { user, system } = process.cpuUsage(this.before);
    return Math.min(LONGEST_PAUSE, ((user + system) / 1000) * (1 / CPU_SHARE - 1));
  }
}
