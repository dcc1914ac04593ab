import type { RunReport } from '../outcome.js';
import type { PassedOver } from '../publish/publisher.js';
import { type RunTask, report } from '../run/task/run-task.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';

/** A run that is dealt with in a pass, and whether it goes on in MLflow; undefined where that is not known. */
export interface ProcessedRun {
  readonly run: EnumeratedRun;
  readonly report: RunReport;
  readonly active?: boolean;
}

export interface RunListener {
  /** The work on a run is over: it was passed over, or is whole and waits to be published. */
  readonly ready?: (report: RunReport) => void;
  /** A run has been passed over, or published. */
  readonly done: (passed: ProcessedRun) => void;
}

/**
 * Tells what became of the runs of a pass when that is true: of a run that is to be published, when it is. Holds those that
 * wait for it.
 */
export class PendingReports {
  private readonly waiting = new Map<string, { readonly job: RunTask; readonly passed: ProcessedRun }>();

  constructor(private readonly listener: RunListener) {}

  /** A run is whole and waits to be published. */
  built(job: RunTask, result: RunReport, active: boolean | undefined): void {
    this.waiting.set(job.hash, { job, passed: passedRun(job, result, active) });
    this.listener.ready?.(result);
  }

  /** A run is passed over, or as it was. */
  done(job: RunTask, result: RunReport, active?: boolean): void {
    this.listener.ready?.(result);
    this.listener.done(passedRun(job, result, active));
  }

  published(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const run = this.take(hash);
      if (run !== undefined) this.listener.done(run.passed);
    }
  }

  passedOver(hash: string, code: PassedOver): void {
    const run = this.take(hash);
    if (run === undefined) return;
    this.listener.done({ run: run.passed.run, report: report(run.job, 'skipped', { code }) });
  }

  private take(hash: string) {
    const run = this.waiting.get(hash);
    this.waiting.delete(hash);
    return run;
  }
}

function passedRun({ experiment, ref }: RunTask, report: RunReport, active: boolean | undefined): ProcessedRun {
  return { run: { experiment, ref }, report, ...(active !== undefined && { active }) };
}
