import type { Warning } from '../../events.js';
import { describeFinding, meaningOf } from '../../verify/aim/finding-text.js';
import type { RunVerdict } from '../../verify/compare/verdict.js';
import type { StructureCode } from '../../verify/contents.js';
import type { VerifyEvents } from '../../verify/session/verify-events.js';
import type { VerifyTotals } from '../../verify/session/verify-totals.js';
import { formatCount, formatNoun, formatWholeSeconds } from '../format.js';
import { LiveBlock, type TerminalStream } from '../live-block.js';
import { timeOfDay } from '../printer.js';
import { RetryFilter, retryText } from '../retry-text.js';
import { printable } from '../text-width.js';
import { moreAndMoreRarely } from '../timers.js';
import type { VerifyResultRecord } from './verify-report-format.js';
import { outcomeLine, runLines, type Verified, verifyTable } from './verify-text.js';

/** Runs that are told with their differences. */
const RUNS_TOLD = 20;
const LIVE_EVERY_MS = 100;

/** What shows a verification, from its events on to its end. */
export interface VerifyView {
  say(text: string): void;
  end(result: VerifyResultRecord): void;
}

export interface VerifyTextOptions {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Only what is not as it has to be. */
  readonly quiet: boolean;
  /** Whether the cursor can be moved. */
  readonly live: boolean;
  /** Where all differences are, if they are written to a file. */
  readonly differencesFile?: string;
  /** Nothing is printed to stdout: a program reads something else there. */
  readonly isSilent: boolean;
  /**
   * Takes what there is to say of a run while something else is being shown, which shows the progress, too; false when it does no
   * longer. Absent where nothing else is shown.
   */
  readonly tellAtOnce?: (text: string) => boolean;
}

/** A verification as people watch it: progress and warnings on stderr, runs that differ and the table on stdout. */
export class VerifyTextView implements VerifyView {
  private readonly block: LiveBlock;
  private readonly lines: string[] = [];
  private readonly startedAt = performance.now();
  private readonly stopProgress: () => void;
  private told = 0;
  private untold = 0;
  private done = 0;
  private listed = 0;
  private estimate = 0;
  /** The part of the listed runs that is compared. */
  private sample = 1;
  private points = 0;
  private wrong = 0;
  /** Runs that have a note of a kind. */
  private readonly notes = new Map<StructureCode, number>();
  private verified: Verified = 'comparison';

  constructor(
    events: VerifyEvents,
    private readonly options: VerifyTextOptions,
  ) {
    this.block = new LiveBlock(options.stderr);
    events.on('start', ({ source, runs = 0, sample = 1, isQuick }) => {
      this.estimate = runs;
      this.sample = sample;
      if (source === undefined) this.verified = 'structure';
      else if (isQuick) this.verified = 'headers';
    });
    events.on('experiment', ({ runs }) => {
      this.listed += runs;
    });
    events.on('progress', ({ points }) => {
      this.points += points;
    });
    events.on('run', (run) => this.note(run));
    events.on('finding', (finding) => this.lines.push(`${finding.severity}: ${printable(describeFinding(finding))}`));
    events.on('repair', ({ runs }) => this.say(`Converting ${formatNoun(runs, 'run')} again.`));
    events.on('warning', (warning) => this.warn(warning));
    const retries = new RetryFilter();
    events.on('retry', (retry) => {
      if (!options.quiet && retries.passes(retry)) this.say(retryText(retry));
    });
    events.on('experiment:failed', ({ message }) => this.say(`error: ${message}`));
    this.stopProgress = this.showProgress();
  }

  say(text: string): void {
    this.block.print(printable(text));
  }

  end({ outcome, totals, seconds, error }: VerifyResultRecord): void {
    this.stopProgress();
    this.block.clear();
    if (!this.options.isSilent) this.print(outcome, totals, seconds);
    if (error !== undefined) this.say(`error: ${error.message}`);
    if (outcome === 'interrupted') this.say('Interrupted. Run the same command again to go on.');
  }

  private print(outcome: VerifyResultRecord['outcome'], totals: VerifyTotals, seconds: number): void {
    const { quiet, stdout, differencesFile } = this.options;
    const lines = [...this.lines];
    if (this.untold > 0) {
      const where =
        differencesFile === undefined ? 'run with --differences FILE.jsonl to see all' : `see ${differencesFile}`;
      lines.push(`… and ${formatCount(this.untold)} more runs; ${where}`);
    }
    for (const [code, runs] of quiet ? [] : this.notes) {
      lines.push(`note: ${formatNoun(runs, 'run')}: ${meaningOf(code)}`);
    }
    if (lines.length > 0) lines.push('');
    const isWhole = outcome !== 'failed' && outcome !== 'interrupted';
    if (!quiet && (isWhole || this.done > 0)) lines.push(...verifyTable(totals, seconds, this.verified));
    if (!quiet && isWhole) lines.push('', outcomeLine(outcome, totals, this.verified));
    if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`);
  }

  private note(run: RunVerdict): void {
    this.done++;
    const codes = new Set(run.findings.filter(({ severity }) => severity === 'note').map(({ code }) => code));
    for (const code of codes) this.notes.set(code, (this.notes.get(code) ?? 0) + 1);
    if (run.verdict === 'differs' || run.verdict === 'missing') this.wrong++;
    const lines = runLines(run, this.verified);
    if (lines.length === 0) return;
    if (this.told >= RUNS_TOLD) {
      this.untold++;
      return;
    }
    this.told++;
    if (this.options.tellAtOnce?.(lines.join('\n')) !== true) this.lines.push(...lines);
  }

  private warn({ message }: Warning): void {
    if (!this.options.quiet) this.say(`warning: ${message}`);
  }

  private showProgress(): () => void {
    if (this.options.quiet || this.options.tellAtOnce !== undefined) return () => {};
    if (!this.options.live) {
      const state = () => [this.done, this.listed, this.points, this.wrong].join(' ');
      return moreAndMoreRarely(state, () => this.say(`${timeOfDay()} ${this.progressLine()}`));
    }
    const timer = setInterval(() => this.block.draw([this.progressLine()]), LIVE_EVERY_MS).unref();
    return () => clearInterval(timer);
  }

  private progressLine(): string {
    const seconds = (performance.now() - this.startedAt) / 1000;
    const total = Math.max(Math.round(this.listed * this.sample), this.estimate, this.done);
    if (total === 0) return `listing runs · ${formatWholeSeconds(seconds)} so far`;
    const left = this.done === 0 ? undefined : ((total - this.done) * seconds) / this.done;
    return [
      `${formatCount(this.done)} of ${formatCount(total)} runs`,
      left === undefined ? `${formatWholeSeconds(seconds)} so far` : `ETA ${formatWholeSeconds(left)}`,
      `${formatCount(this.points)} points`,
      ...(this.wrong > 0 ? [`${formatCount(this.wrong)} with differences`] : []),
    ].join(' · ');
  }
}
