import type { ConvertEvents, Warning } from '../events.js';
import type { ConversionSummary } from '../summary/summary.js';
import { type Ending, INTERRUPTED, STOPPED, type View } from './ending.js';
import { columnsOf, fitted } from './fitted.js';
import { LiveBlock, type TerminalStream } from './live-block.js';
import { showLive, showPlain } from './progress.js';
import type { ProgressState } from './progress-state.js';
import { RetryFilter, retryText } from './retry-text.js';
import { runLine } from './run-line.js';
import { failedRunLine, failedRunLines, incompleteLines, summaryLines } from './summary-text.js';
import { printable } from './text-width.js';
import { Warnings, type WarningsOptions } from './warnings.js';
import { showWatchLive, showWatchPlain } from './watch-progress.js';
import { WatchState } from './watch-state.js';
import { watchingLine } from './watch-text.js';

const COLORS = { warning: '\x1b[33m', error: '\x1b[31m', note: '\x1b[36m' } as const;
const RESET = '\x1b[39m';

/** What stands before a line, in its color. */
type Label = keyof typeof COLORS;

export interface TextViewOptions {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Errors and failed runs only. */
  readonly quiet: boolean;
  /** Each run as it is done, and each of its notices. */
  readonly verbose: boolean;
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
    const print: WarningsOptions['print'] = (text, level) =>
      level === 'warning' ? this.#warn(text) : this.#news(text, 'note');
    this.#warnings = options.quiet ? undefined : new Warnings(events, { print, each: options.verbose });
    this.#stopProgress = this.#showProgress(progress);
    const watch = new WatchState(events);
    events.on('watching', ({ how, active }) => {
      this.#stopProgress();
      this.#warnings?.tellRuns(options.reportFile);
      if (!options.quiet) this.say(watchingLine(how, active));
      for (const line of incompleteLines(watch)) this.say(line);
      this.#stopProgress = this.#showWatch(watch);
    });
    events.on('source', ({ available, message }) => (available ? this.#news(message) : this.#warn(message)));
    const retries = new RetryFilter();
    events.on('retry', (retry) => {
      if (options.verbose || retries.passes(retry)) this.#news(retryText(retry));
    });
    events.on('experiment:failed', ({ message }) => this.say(message, 'error'));
    if (options.verbose && !options.quiet) events.on('run:done', (run) => this.say(runLine(run)));
    events.on('run:done', (run) => {
      if (watch.isWatching && run.outcome === 'failed') this.say(failedRunLine(run), 'error');
    });
  }

  say(text: string, label?: Label): void {
    const line = printable(text);
    if (label === undefined) {
      this.#block.print(fitted([line], this.#options.stderr).join('\n'));
      return;
    }
    const [first = '', ...more] = fitted([`${label}: ${line}`], this.#options.stderr);
    this.#block.print([this.#paint(`${label}:`, COLORS[label]) + first.slice(label.length + 1), ...more].join('\n'));
  }

  warn({ message }: Warning): void {
    this.#warn(message);
  }

  #warn(text: string): void {
    if (!this.#options.quiet) this.say(text, 'warning');
  }

  end(ending: Ending, summary: ConversionSummary): void {
    this.#stopProgress();
    this.#warnings?.close(this.#options.reportFile);
    if (ending.type === 'stopped') {
      this.#news(STOPPED);
      return;
    }
    if (this.#options.quiet)
      for (const line of [...failedRunLines(summary), ...incompleteLines(summary)]) this.say(line);
    else if (ending.type !== 'failed' || somethingWasDone(summary)) this.#printTable(summary, ending.type === 'done');
    if (ending.type === 'failed') this.say(ending.message, 'error');
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

  #news(text: string, label?: Label): void {
    if (!this.#options.quiet) this.say(text, label);
  }

  #printTable(summary: ConversionSummary, isComplete: boolean): void {
    const { stdout } = this.#options;
    stdout.write(`${fitted(summaryLines(summary, isComplete, columnsOf(stdout)), stdout).join('\n')}\n`);
  }

  #paint(text: string, color: string): string {
    return this.#options.color ? `${color}${text}${RESET}` : text;
  }
}

function somethingWasDone({ runs, runsUnpublished }: ConversionSummary): boolean {
  return runsUnpublished > 0 || Object.values(runs).some((count) => count > 0);
}
