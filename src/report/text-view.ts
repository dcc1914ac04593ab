import type { ConvertEvents, Warning } from '../events.js';
import { type Ending, INTERRUPTED, STOPPED, type View } from './ending.js';
import { LiveBlock, type TerminalStream } from './live-block.js';
import { showLive, showPlain } from './progress.js';
import type { ProgressState } from './progress-state.js';
import type { SummaryNumbers } from './summary.js';
import { failedRunLine, failedRunLines, incompleteLines, summaryLines } from './summary-text.js';
import { printable } from './text-width.js';
import { Warnings } from './warnings.js';
import { showWatchLive, showWatchPlain } from './watch-progress.js';
import { WatchState } from './watch-state.js';
import { watchingLine } from './watch-text.js';

const YELLOW = '\x1b[33m';
const RED = '\x1b[31m';
const RESET = '\x1b[39m';

export interface TextViewOptions {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Errors and failed runs only. */
  readonly quiet: boolean;
  readonly color: boolean;
  /** False where the cursor cannot be moved, be it a terminal or not. */
  readonly live: boolean;
  readonly reportFile?: string;
}

/** A conversion as people watch it: progress and warnings on stderr, the table at the end on stdout. */
export class TextView implements View {
  readonly #options: TextViewOptions;
  readonly #block: LiveBlock;
  readonly #warnings: Warnings | undefined;
  #stopProgress: () => void;

  constructor(events: ConvertEvents, progress: ProgressState, options: TextViewOptions) {
    this.#options = options;
    this.#block = new LiveBlock(options.stderr);
    this.#warnings = options.quiet ? undefined : new Warnings(events, (text) => this.#warn(text));
    this.#stopProgress = this.#showProgress(progress);
    const watch = new WatchState(events);
    events.on('watching', ({ how, active }) => {
      this.#stopProgress();
      if (!options.quiet) this.say(watchingLine(how, active));
      for (const line of incompleteLines(watch)) this.say(line);
      this.#stopProgress = this.#showWatch(watch);
    });
    events.on('source', ({ available, message }) => (available ? this.#news(message) : this.#warn(message)));
    events.on('experiment:failed', ({ message }) => this.say(message, this.#paint('error: ', RED)));
    events.on('run:done', (run) => {
      if (watch.isWatching && run.outcome === 'failed') this.say(failedRunLine(run), this.#paint('error: ', RED));
    });
  }

  say(text: string, prefix = ''): void {
    this.#block.print(prefix + printable(text));
  }

  warn({ message }: Warning): void {
    this.#warn(message);
  }

  #warn(text: string): void {
    if (!this.#options.quiet) this.say(text, this.#paint('warning: ', YELLOW));
  }

  end(ending: Ending, summary: SummaryNumbers): void {
    this.#stopProgress();
    this.#warnings?.close(this.#options.reportFile);
    if (ending.type === 'stopped') {
      this.#news(STOPPED);
      return;
    }
    if (this.#options.quiet)
      for (const line of [...failedRunLines(summary), ...incompleteLines(summary)]) this.say(line);
    else if (ending.type !== 'failed' || somethingWasDone(summary)) this.#printTable(summary);
    if (ending.type === 'failed') this.say(ending.message, this.#paint('error: ', RED));
    if (ending.type === 'interrupted') this.say(INTERRUPTED);
  }

  #showProgress(progress: ProgressState): () => void {
    if (this.#options.quiet) return () => {};
    if (this.#options.live) return showLive(progress, this.#block);
    return showPlain(progress, (line) => this.say(line));
  }

  #showWatch(watch: WatchState): () => void {
    if (this.#options.quiet) return () => {};
    if (this.#options.live) return showWatchLive(watch, this.#block);
    return showWatchPlain(watch, (line) => this.say(line));
  }

  #news(text: string): void {
    if (!this.#options.quiet) this.say(text);
  }

  #printTable(summary: SummaryNumbers): void {
    this.#options.stdout.write(`${summaryLines(summary).join('\n')}\n`);
  }

  #paint(text: string, color: string): string {
    return this.#options.color ? `${color}${text}${RESET}` : text;
  }
}

function somethingWasDone({ runs, runsUnpublished }: SummaryNumbers): boolean {
  return runsUnpublished > 0 || Object.values(runs).some((count) => count > 0);
}
