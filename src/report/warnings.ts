import type { ConvertEvents } from '../events.js';
import type { RunReport } from '../outcome.js';
import { formatNoun } from './format.js';
import { NoticeGroups } from './notice-groups.js';
import { type NoticeLine, noticeLines } from './notice-text.js';
import { runTitle } from './run-line.js';

/** Warnings about the conversion as a whole that are told; the others are counted. */
const LINES_OF_CONVERSION = 20;

export interface WarningsOptions {
  readonly print: (text: string, level: NoticeLine['level']) => void;
  /** Tell each notice of each run at once, rather than all of a kind on one line at the end. */
  readonly each: boolean;
}

/**
 * Tells people what was lost or changed, in a bounded number of lines: what concerns the conversion as a whole at once, what happened
 * to runs by kind, when it is asked for. The report file and the ledger have all of it.
 */
export class Warnings {
  readonly #options: WarningsOptions;
  #groups = new NoticeGroups();
  #linesOfConversion = 0;
  #isPaused = false;

  constructor(events: ConvertEvents, options: WarningsOptions) {
    this.#options = options;
    events.on('warning', ({ message }) => this.#tellConversion(message));
    events.on('run:done', (run) => {
      if (run.notices.length > 0 && run.outcome !== 'unchanged' && !this.#isPaused) this.#addRun(run);
    });
  }

  /** Tells what has gathered about runs, and where there is more about them. */
  tellRuns(reportFile: string | undefined): void {
    const { print } = this.#options;
    const groups = this.#groups;
    this.#groups = new NoticeGroups();
    for (const { level, text } of groups.lines()) print(text, level);
    if (!groups.hasUnnamed) return;
    const where = reportFile === undefined ? 'mlflow2aim status --warnings names' : `${reportFile} names`;
    print(`${where} all of these runs.`, 'note');
  }

  /** Somebody else tells about runs from now on: what has gathered is told. */
  leaveRuns(): void {
    this.tellRuns(undefined);
    this.#isPaused = true;
  }

  /** Tells what is left, at the end. */
  close(reportFile: string | undefined): void {
    this.tellRuns(reportFile);
    const untold = this.#linesOfConversion - LINES_OF_CONVERSION;
    if (untold <= 0) return;
    const where = reportFile === undefined ? 'run with --report FILE.json to see them' : `see ${reportFile}`;
    this.#options.print(`${formatNoun(untold, 'more warning')} about the conversion: ${where}.`, 'warning');
  }

  #tellConversion(message: string): void {
    this.#linesOfConversion += 1;
    if (this.#linesOfConversion <= LINES_OF_CONVERSION || this.#options.each) this.#options.print(message, 'warning');
  }

  #addRun(run: RunReport): void {
    if (!this.#options.each) {
      this.#groups.add(run);
      return;
    }
    for (const { level, text } of noticeLines(run.notices)) this.#options.print(`${runTitle(run)}: ${text}`, level);
  }
}
