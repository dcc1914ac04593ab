import type { ConvertError } from '../../errors.js';
import type { VerifyEvents } from '../../verify/session/verify-events.js';
import { isPage } from '../file/page-writer.js';
import { PartialFile } from '../file/partial-file.js';
import { Throughput } from '../throughput.js';
import { VerifyHtmlFormat } from './verify-html-format.js';
import { VerifyJsonFormat } from './verify-json-format.js';
import { findingRecord } from './verify-record.js';
import type { VerifyReportFormat, VerifyResultRecord } from './verify-report-format.js';

/** The `format` of the report; docs/verify.md says what is in it. */
const FORMAT = 1;

/** Writes `--report`: the verdict about each run, as a page where the file is called `.html`, else as one JSON object. */
export class VerifyReportFile {
  private readonly file: PartialFile;
  private readonly format: VerifyReportFormat;
  private readonly throughput = new Throughput();

  /** Throws a `fatal` error where no file can be made. */
  constructor(path: string, events: VerifyEvents, version: string) {
    this.format = isPage(path) ? new VerifyHtmlFormat() : new VerifyJsonFormat();
    this.file = new PartialFile(path);
    this.file.append(
      this.format.begin({ format: FORMAT, tool: 'mlflow2aim', version, started: new Date().toISOString() }),
    );
    events.on('start', ({ source, repo }) => {
      this.format.start({ repo, ...(source !== undefined && { source }) });
    });
    events.on('progress', ({ points }) => this.throughput.add('points', points));
    events.on('run', (run) => {
      this.throughput.add('runs', 1);
      this.file.append(this.format.run(run));
    });
    events.on('finding', (finding) => this.format.finding(finding));
    events.on('experiment:failed', (failure) => this.format.experimentFailed(failure));
  }

  /** Returns why the report could not be written, if so. */
  finish(result: VerifyResultRecord): ConvertError | undefined {
    const end = {
      ...result,
      throughput: this.throughput.numbers(),
      finished: new Date().toISOString(),
    };
    this.file.append(this.format.end(end));
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
