import type { RunVerdict } from '../../verify/compare/verdict.js';
import { verdictRecord } from './verify-record.js';
import type { VerifyReportEnd, VerifyReportFormat, VerifyReportHead, VerifySource } from './verify-report-format.js';

/** One JSON object, each run on a line of its own. */
export class VerifyJsonFormat implements VerifyReportFormat {
  private runs = 0;
  private source: Partial<VerifySource> = {};

  begin(head: VerifyReportHead): string {
    return `${JSON.stringify(head).slice(0, -1)},\n"runs":[`;
  }

  start(source: VerifySource): void {
    this.source = source;
  }

  run(run: RunVerdict): string {
    return `${this.runs++ === 0 ? '' : ','}\n${JSON.stringify(verdictRecord(run))}`;
  }

  finding(): void {}

  experimentFailed(): void {}

  end(end: VerifyReportEnd): string {
    return `\n],\n${JSON.stringify({ ...this.source, ...end }).slice(1)}\n`;
  }
}
