import type { ExperimentFailure } from '../../events.js';
import type { RunVerdict } from '../../verify/compare/verdict.js';
import type { Finding } from '../../verify/contents.js';
import type { VerifyOutcome, VerifyTotals } from '../../verify/session/verify-totals.js';
import type { ThroughputNumbers } from '../throughput.js';

/** How a verification ended. */
export interface VerifyResultRecord {
  readonly outcome: VerifyOutcome | 'interrupted' | 'failed';
  readonly totals: VerifyTotals;
  readonly seconds: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What is compared with what. */
export interface VerifySource {
  /** The tracking URI without credentials; absent where the structure of the repository alone is checked. */
  readonly source?: string;
  readonly repo: string;
}

export interface VerifyReportHead {
  readonly format: number;
  readonly tool: 'mlflow2aim';
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly started: string;
}

export interface VerifyReportEnd extends VerifyResultRecord {
  readonly throughput: ThroughputNumbers;
  /** ISO 8601, UTC. */
  readonly finished: string;
}

/** How the report of a verification is written: what it gives is added to the file. Nothing that grows with the runs may be kept. */
export interface VerifyReportFormat {
  begin(head: VerifyReportHead): string;
  /** Both are open; not called where they could not be opened. */
  start(source: VerifySource): void;
  run(run: RunVerdict): string;
  /** Something is wrong with what is no run's. */
  finding(finding: Finding): void;
  experimentFailed(failure: ExperimentFailure): void;
  end(end: VerifyReportEnd): string;
}
