import type { RunReport } from '../../outcome.js';
import type { ReportEnd, ReportFormat, ReportHead } from './report-format.js';

/** One JSON object, each run on a line of its own. */
export class JsonFormat implements ReportFormat {
  #runs = 0;

  begin(head: ReportHead): string {
    return `${JSON.stringify(head).slice(0, -1)},\n"runs":[`;
  }

  run(run: RunReport): string {
    const separator = this.#runs === 0 ? '' : ',';
    this.#runs += 1;
    return `${separator}\n${JSON.stringify(run)}`;
  }

  end(end: ReportEnd): string {
    return `\n],\n${JSON.stringify(end).slice(1)}\n`;
  }
}
