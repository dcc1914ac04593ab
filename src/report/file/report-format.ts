import type { ErrorCode } from '../../errors.js';
import type { ExperimentFailure, Warning } from '../../events.js';
import type { RunReport } from '../../outcome.js';
import type { ConversionSummary } from '../../summary/summary.js';
import type { ThroughputNumbers } from '../throughput.js';

/** What is known of a conversion when it begins. */
export interface ReportHead {
  /** Of the fields; docs/report.md says what they mean. */
  readonly format: 1;
  readonly tool: 'mlflow2aim';
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly started: string;
}

/** What is known of a conversion at its end. */
export interface ReportEnd {
  /** About the conversion as a whole; the first of them. */
  readonly warnings: readonly Warning[];
  /** The first of them. */
  readonly failedExperiments: readonly ExperimentFailure[];
  /** The tracking URI without credentials; absent if it could not be opened. */
  readonly source?: string;
  readonly repo?: string;
  readonly summary: ConversionSummary;
  readonly throughput: ThroughputNumbers;
  /** ISO 8601, UTC. */
  readonly finished: string;
  readonly interrupted: boolean;
  /** Only of a conversion that failed as a whole. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/**
 * How a report is written: each method gives the text that is to be added. They are called in this order, `run` once for each
 * run; there may be any number of runs, so nothing that grows with it may be kept.
 */
export interface ReportFormat {
  begin(head: ReportHead): string;
  /** @param run with a sentence where it was skipped or failed */
  run(run: RunReport): string;
  end(end: ReportEnd): string;
}
