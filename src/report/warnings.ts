import type { ConvertEvents } from '../events.js';
import type { RunReport } from '../outcome.js';
import { formatNoun } from './format.js';
import { noticeLines } from './notice-text.js';

/** Lines of each kind of loss, and of all kinds together. Warnings about the conversion as a whole have their own. */
const LINES_PER_KIND = 5;
const LINES_OF_RUNS = 20;
const LINES_OF_CONVERSION = 20;

/** Tells people what was lost, in a bounded number of lines; the rest is counted. The report file has all of it. */
export class Warnings {
  readonly #print: (text: string) => void;
  readonly #linesOfKind = new Map<string, number>();
  #linesOfRuns = 0;
  #linesOfConversion = 0;
  #untold = 0;

  constructor(events: ConvertEvents, print: (text: string) => void) {
    this.#print = print;
    events.on('warning', ({ message }) => this.#tellConversion(message));
    events.on('run:done', (run) => {
      if (run.notices.length > 0) this.#tellRun(run);
    });
  }

  /** How many warnings were not printed. */
  get untold(): number {
    return this.#untold;
  }

  /** Says at the end how many warnings were not printed, and where they are. */
  close(reportFile: string | undefined): void {
    if (this.#untold === 0) return;
    const where = reportFile === undefined ? 'run with --report FILE.json to see all of them' : `see ${reportFile}`;
    this.#print(`${formatNoun(this.#untold, 'more warning')}: ${where}.`);
    this.#untold = 0;
  }

  #tellConversion(message: string): void {
    this.#linesOfConversion += 1;
    if (this.#linesOfConversion > LINES_OF_CONVERSION) this.#untold += 1;
    else this.#print(message);
  }

  #tellRun(run: RunReport): void {
    const name = run.runName === undefined ? '' : ` (${run.runName})`;
    for (const { kind, text } of noticeLines(run.notices)) {
      if (this.#mayTell(kind)) this.#print(`Run ${run.runId}${name}: ${text}`);
      else this.#untold += 1;
    }
  }

  #mayTell(kind: string): boolean {
    const lines = this.#linesOfKind.get(kind) ?? 0;
    if (lines >= LINES_PER_KIND || this.#linesOfRuns >= LINES_OF_RUNS) return false;
    this.#linesOfKind.set(kind, lines + 1);
    this.#linesOfRuns += 1;
    return true;
  }
}
