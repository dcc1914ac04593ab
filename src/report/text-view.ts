import type { ConvertEvents, Warning } from '../events.js';
import type { ConversionSummary } from '../summary/summary.js';
import { type Ending, INTERRUPTED, STOPPED, type View } from './ending.js';
import { columnsOf, fitted } from './fitted.js';
import { LiveBlock, type TerminalStream } from './live-block.js';
import { type Label, Printer } from './printer.js';
import { showLive, showPlain } from './progress.js';
import type { ProgressState } from './progress-state.js';
import { RetryFilter, retryText } from './retry-text.js';
import { runLine } from './run-line.js';
import { failedRunLine, failedRunLines, incompleteLines, summaryLines } from './summary-text.js';
import { Warnings, type WarningsOptions } from './warnings.js';
import { WatchLog } from './watch-log.js';
import { showWatchLive } from './watch-progress.js';
import { WatchState } from './watch-state.js';
import { watchingLine } from './watch-text.js';

/** Experiments that could not be read, and are named while a conversion goes on. */
const EXPERIMENTS_TOLD = 10;
const MORE_EXPERIMENTS = 'More experiments could not be read; mlflow2aim status names them.';

export interface TextViewOptions {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Errors and failed runs only. */
  readonly quiet: boolean;
  /** Each run as it is done, and each of its notices. */
  readonly verbose: boolean;
  readonly color: boolean;
  /** Lines begin with the time. */
  readonly timed: boolean;
  /** False where the cursor cannot be moved, be it a terminal or not. */
  readonly live: boolean;
  readonly reportFile?: string;
}

/** A conversion as people watch it: progress and warnings on stderr, the table at the end on stdout. */
export class TextView implements View {
  readonly #options: TextViewOptions;
  readonly #block: LiveBlock;
  readonly #printer: Printer;
  readonly #warnings: Warnings | undefined;
  #stopProgress: () => void;
  /** A warning has told it. */
  #isNothingChosen = false;

  constructor(events: ConvertEvents, progress: ProgressState, options: TextViewOptions) {
    this.#options = options;
    this.#block = new LiveBlock(options.stderr);
    this.#printer = new Printer(this.#block, options.stderr, options);
    const print: WarningsOptions['print'] = (text, level) => this.#news(text, level);
    this.#warnings = options.quiet ? undefined : new Warnings(events, { print, each: options.verbose });
    this.#stopProgress = this.#showProgress(progress);
    const watch = new WatchState(events);
    const log = options.quiet ? undefined : new WatchLog(events, (text, level) => this.#news(text, level));
    events.on('watching', ({ how, active }) => {
      this.#stopProgress();
      this.#warnings?.leaveRuns();
      this.#news(watchingLine(how, active, watch.firstPass));
      for (const line of incompleteLines(watch)) this.say(line);
      this.#stopProgress = this.#showWatch(watch, log);
    });
    events.on('source', ({ available, message }) => {
      if (available) this.#news(message);
      else this.#warn(message);
    });
    events.on('warning', ({ code }) => {
      if (code === 'nothing-chosen') this.#isNothingChosen = true;
    });
    const retries = new RetryFilter();
    events.on('retry', (retry) => {
      if (options.verbose || retries.passes(retry)) this.#news(retryText(retry));
    });
    let failedExperiments = 0;
    events.on('experiment:failed', ({ message }) => {
      failedExperiments++;
      if (failedExperiments <= EXPERIMENTS_TOLD || options.verbose) this.#printer.print(message, 'error');
      else if (failedExperiments === EXPERIMENTS_TOLD + 1) this.#printer.print(MORE_EXPERIMENTS, 'error');
    });
    events.on('run:done', (run) => {
      // of the others the log of the watch tells
      const isNews = !watch.isWatching || (run.outcome === 'updated' && run.active === true);
      if (options.verbose && isNews) this.#news(runLine(run));
      if (watch.isWatching && run.outcome === 'failed') this.#printer.print(failedRunLine(run), 'error');
    });
  }

  say(text: string): void {
    this.#printer.print(text);
  }

  warn({ message }: Warning): void {
    this.#warn(message);
  }

  #warn(text: string): void {
    if (!this.#options.quiet) this.#printer.print(text, 'warning');
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
    if (ending.type === 'failed') this.#printer.print(ending.message, 'error');
    if (ending.type === 'interrupted') this.say(INTERRUPTED);
  }

  #showProgress(progress: ProgressState): () => void {
    if (this.#options.quiet) return () => {};
    if (this.#options.live) return showLive(progress, this.#block);
    return showPlain(progress, (line) => this.#printer.print(line, undefined, { timed: true }));
  }

  #showWatch(watch: WatchState, log: WatchLog | undefined): () => void {
    if (log === undefined) return () => {};
    return this.#options.live ? showWatchLive(watch, this.#block) : log.tellGrowth();
  }

  #news(text: string, label?: Label): void {
    if (!this.#options.quiet) this.#printer.print(text, label);
  }

  #printTable(summary: ConversionSummary, isComplete: boolean): void {
    if (this.#isNothingChosen && !somethingWasDone(summary)) return;
    const { stdout } = this.#options;
    stdout.write(`${fitted(summaryLines(summary, isComplete, columnsOf(stdout)), stdout).join('\n')}\n`);
  }
}

function somethingWasDone({ runs, runsUnpublished }: ConversionSummary): boolean {
  return runsUnpublished > 0 || Object.values(runs).some((count) => count > 0);
}
