import type { PlanEvents } from '../plan/plan-events.js';
import { formatCount } from './format.js';
import { LiveBlock, type TerminalStream } from './live-block.js';
import { timeOfDay } from './printer.js';
import { RetryFilter, retryText } from './retry-text.js';
import { printable } from './text-width.js';
import { moreAndMoreRarely } from './timers.js';

const REDRAW_EVERY_MS = 100;

export interface PlanProgressOptions {
  readonly stderr: TerminalStream;
  /** A terminal on which the cursor can be moved. */
  readonly live: boolean;
  readonly quiet: boolean;
}

/** Shows how far a plan or list has come, until {@link stop}: in place on a terminal, else as a line now and then. */
export class PlanProgress {
  readonly #block: LiveBlock;
  readonly #stop: () => void;
  #looked = 0;
  #listed = 0;
  #isMeasuring = false;

  constructor(events: PlanEvents, { stderr, live, quiet }: PlanProgressOptions) {
    this.#block = new LiveBlock(stderr);
    events.on('listed', ({ runs }) => {
      this.#listed += runs;
    });
    events.on('looked', ({ runs }) => {
      this.#looked += runs;
    });
    events.on('measuring', () => {
      this.#isMeasuring = true;
    });
    const retries = new RetryFilter();
    events.on('retry', (retry) => {
      if (!quiet && retries.passes(retry)) this.#block.print(printable(retryText(retry)));
    });
    this.#stop = quiet ? () => {} : this.#show(live);
  }

  stop(): void {
    this.#stop();
    this.#block.clear();
  }

  #show(live: boolean): () => void {
    const line = () => this.#line();
    if (!live) return moreAndMoreRarely(line, () => this.#block.print(`${timeOfDay()} ${line()}`));
    const timer = setInterval(() => this.#block.draw([this.#line()]), REDRAW_EVERY_MS).unref();
    return () => clearInterval(timer);
  }

  #line(): string {
    if (this.#isMeasuring) return 'Converting some of the runs into a temporary directory, to measure the time …';
    const total = this.#listed > this.#looked ? ` of ${formatCount(this.#listed)}` : '';
    return `Looking at runs: ${formatCount(this.#looked)}${total} …`;
  }
}
