import type { ConvertError } from '../../errors.js';
import type { VerifyEvents } from '../../verify/session/verify-events.js';
import type { VerifyOutcome, VerifyTotals } from '../../verify/session/verify-totals.js';
import { PartialFile } from '../file/partial-file.js';
import { findingRecord, verdictRecord } from './verify-record.js';

/** The `format` of the report; docs/verify.md says what is in it. */
const FORMAT = 1;

/** How a verification ended. */
export interface VerifyResultRecord {
  readonly outcome: VerifyOutcome | 'interrupted' | 'failed';
  readonly totals: VerifyTotals;
  readonly seconds: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Writes `--report`: one JSON object with the verdict about each run. */
export class VerifyReportFile {
  private readonly file: PartialFile;
  private runs = 0;
  private source: object = {};

  /** Throws a `fatal` error where no file can be made. */
  constructor(path: string, events: VerifyEvents, version: string) {
    this.file = new PartialFile(path);
    const start = { format: FORMAT, tool: 'mlflow2aim', version, started: new Date().toISOString() };
    this.file.append(`${JSON.stringify(start).slice(0, -1)},\n"runs":[`);
    events.on('start', (source) => {
      this.source = source;
    });
    events.on('run', (run) => {
      this.file.append(`${this.runs++ === 0 ? '' : ','}\n${JSON.stringify(verdictRecord(run))}`);
    });
  }

  /** Returns why the report could not be written, if so. */
  finish(result: VerifyResultRecord): ConvertError | undefined {
    const rest = { ...this.source, ...result, finished: new Date().toISOString() };
    this.file.append(`\n],\n${JSON.stringify(rest).slice(1)}\n`);
    return this.file.complete();
  }
}

/** Writes `--differences`: one JSON object a line for each difference, and for each finding about the structure. */
export class DifferencesFile {
  private readonly file: PartialFile;

  /** Throws a `fatal` error where no file can be made. */
  constructor(path: string, events: VerifyEvents) {
    this.file = new PartialFile(path);
    const write = (record: object) => this.file.append(`${JSON.stringify(record)}\n`);
    events.on(
      'run',
      ({ hash, runId, runName, experiment, verdict, reason, differences, findings, differenceCount }) => {
        const run = { verdict, run: hash, runId, runName, experiment };
        if (['missing', 'extra', 'unread'].includes(verdict)) write({ ...run, reason });
        for (const finding of [...differences, ...findings]) write({ ...run, ...findingRecord(finding) });
        const more = differenceCount - differences.length;
        if (more > 0) write({ ...run, more });
      },
    );
    events.on('finding', (finding) => write(findingRecord(finding)));
  }

  /** Returns why it could not be written, if so. */
  finish(): ConvertError | undefined {
    return this.file.complete();
  }
}
