import { type Logger, pino } from 'pino';
import type { ConvertEvents, Warning } from '../events.js';
import type { RunReport } from '../outcome.js';
import { withDeletionReason, withReason } from '../summary/run-text.js';
import type { ConversionSummary } from '../summary/summary.js';
import { type Ending, INTERRUPTED, STOPPED, type View } from './ending.js';
import type { ProgressState } from './progress-state.js';
import { RetryFilter } from './retry-text.js';
import { printable } from './text-width.js';
import { everyNowAndThen } from './timers.js';
import { WatchState } from './watch-state.js';

export interface JsonLogOptions {
  readonly write: (line: string) => void;
  /** Takes a line for people, who read elsewhere. */
  readonly tell: (line: string) => void;
  /** Errors and failed runs only. */
  readonly quiet: boolean;
  readonly version: string;
}

/** A conversion as one JSON object a line; docs/json-log.md names the events and their fields. */
export class JsonLog implements View {
  readonly #log: Logger;
  readonly #tell: (line: string) => void;
  readonly #watch: WatchState;
  #stopProgress: () => void;

  constructor(events: ConvertEvents, progress: ProgressState, options: JsonLogOptions) {
    const { quiet, version } = options;
    this.#log = createLogger(options.write, quiet ? 'error' : 'info');
    this.#tell = options.tell;
    events.on('start', ({ source, repo }) => this.#log.info({ event: 'start', version, source, repo }));
    events.on('experiment', ({ id, name, runs }) => this.#log.info({ event: 'experiment', id, name, runs }));
    events.on('run:done', (run) => this.#run(run));
    events.on('publish', ({ runs }) => this.#log.info({ event: 'publish', runs }));
    events.on('warning', (warning) => this.warn(warning));
    const retries = new RetryFilter();
    events.on('retry', (retry) => {
      if (retries.passes(retry)) this.#log.warn({ event: 'retry', ...retry });
    });
    events.on('experiment:failed', (failure) => this.#log.error({ event: 'experiment-failed', ...failure }));
    this.#watch = new WatchState(events);
    events.on('run:deleted', (run) => this.#log.info({ event: 'deleted', ...withDeletionReason(run) }));
    events.on('watching', ({ how, active }) => {
      this.#log.info({ event: 'watching', how, runsActive: active, runsIncomplete: this.#watch.runsIncomplete });
      this.#stopProgress();
      this.#stopProgress = everyNowAndThen(() => this.#tellChanges());
    });
    events.on('source', (state) => this.#log[state.available ? 'info' : 'warn']({ event: 'source', ...state }));
    this.#stopProgress = everyNowAndThen(() => {
      if (progress.secondsWaiting === undefined) this.#log.info({ event: 'progress', ...progress.numbers() });
    });
  }

  say(text: string): void {
    this.#tell(printable(text));
  }

  warn(warning: Warning): void {
    this.#log.warn({ event: 'warning', ...warning });
  }

  end(ending: Ending, summary: ConversionSummary): void {
    this.#stopProgress();
    if (ending.type === 'failed') {
      this.#log.error({ event: 'error', code: ending.code, message: ending.message });
      this.say(`error: ${ending.message}`);
    }
    if (ending.type === 'interrupted') this.say(INTERRUPTED);
    if (ending.type === 'stopped') {
      this.#tellChanges();
      this.say(STOPPED);
    }
    this.#log.info({ event: 'summary', ending: ending.type, ...summary });
  }

  #tellChanges(): void {
    const changes = this.#watch.take();
    if (changes !== undefined) this.#log.info({ event: 'changes', ...changes });
  }

  /** Of a watch each new point is an update: those are told together, a few times a minute. */
  #run({ notices, incomplete, ...run }: RunReport): void {
    const unread = incomplete === undefined ? {} : { incomplete: countBy(incomplete.map(({ part }) => part)) };
    const record = { event: 'run', ...withReason(run), notices: countBy(notices.map(({ kind }) => kind)), ...unread };
    if (this.#watch.isWatching && run.outcome === 'updated') return;
    if (run.outcome === 'failed') this.#log.error(record);
    else this.#log.info(record);
  }
}

/** Each notice is in the report file; a line of the log stays short whatever happened to its run. */
function countBy<Key extends string>(keys: readonly Key[]): Partial<Record<Key, number>> {
  const counts: Partial<Record<Key, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function createLogger(write: (line: string) => void, level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
}
