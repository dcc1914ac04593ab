import type { ConvertError } from '../../errors.js';
import type { ConvertEvents, ExperimentFailure, Warning } from '../../events.js';
import { withReason } from '../../summary/run-text.js';
import type { ConversionSummary } from '../../summary/summary.js';
import type { Ending } from '../ending.js';
import { Throughput } from '../throughput.js';
import { HtmlFormat } from './html-format.js';
import { JsonFormat } from './json-format.js';
import { isPage } from './page-writer.js';
import { PartialFile } from './partial-file.js';
import type { ReportFormat } from './report-format.js';

/** Warnings about the conversion as a whole, and failed experiments; they are kept in memory until the end. */
const WARNINGS_KEPT = 1000;

/** The report of a conversion, run by run: a page where the file is called `.html`, JSON otherwise. */
export class ReportFile {
  readonly #file: PartialFile;
  readonly #format: ReportFormat;
  readonly #throughput = new Throughput();
  readonly #warnings: Warning[] = [];
  readonly #failedExperiments: ExperimentFailure[] = [];
  #source: { source: string; repo: string } | undefined;
  #finished: { failure: ConvertError | undefined } | undefined;

  /**
   * Creates the file that will become `path`.
   * @throws ConvertError `fatal` when that cannot be written
   */
  constructor(path: string, events: ConvertEvents, version: string) {
    this.#format = formatOf(path);
    this.#file = new PartialFile(path);
    const started = new Date().toISOString();
    this.#file.append(this.#format.begin({ format: 1, tool: 'mlflow2aim', version, started }));
    events.on('start', (source) => {
      this.#source = source;
    });
    events.on('run:ready', () => this.#throughput.add('runs', 1));
    events.on('progress', ({ points, artifactBytes }) => {
      this.#throughput.add('points', points);
      this.#throughput.add('artifactBytes', artifactBytes);
    });
    events.on('run:done', (run) => {
      if (this.#finished === undefined) this.#file.append(this.#format.run(withReason(run)));
    });
    events.on('warning', (warning) => {
      if (this.#warnings.length < WARNINGS_KEPT) this.#warnings.push(warning);
    });
    events.on('experiment:failed', (failure) => {
      if (this.#failedExperiments.length < WARNINGS_KEPT) this.#failedExperiments.push(failure);
    });
  }

  /**
   * Completes the file and gives it its name; later calls do nothing.
   * @returns why the report could not be written, if so; the conversion itself has not suffered
   */
  finish(ending: Ending, summary: ConversionSummary): ConvertError | undefined {
    if (this.#finished === undefined) {
      const end = {
        warnings: this.#warnings,
        failedExperiments: this.#failedExperiments,
        ...this.#source,
        summary,
        throughput: this.#throughput.numbers(),
        finished: new Date().toISOString(),
        interrupted: ending.type === 'interrupted',
        ...(ending.type === 'failed' && { error: { code: ending.code, message: ending.message } }),
      };
      this.#file.append(this.#format.end(end));
      this.#finished = { failure: this.#file.complete() };
    }
    return this.#finished.failure;
  }
}

function formatOf(path: string): ReportFormat {
  return isPage(path) ? new HtmlFormat() : new JsonFormat();
}
