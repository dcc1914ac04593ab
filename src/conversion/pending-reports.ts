import type { RunReport } from '../outcome.js';
import type { PassedOver } from '../publish/publisher.js';
import { runReport } from '../run/task/run-result.js';
import type { RunTask } from '../run/task/run-task.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';

/** A run that a pass has finished, and whether it is active in MLflow; undefined if that is not known. */
export interface ProcessedRun {
  readonly run: EnumeratedRun;
  readonly report: RunReport;
  readonly active?: boolean;
}

export interface RunListener {
  /** The work on a run is over: it was skipped, or is complete and waits to be published. */
  readonly ready?: (report: RunReport) => void;
  /** A run has been skipped, or published. */
  readonly done: (processed: ProcessedRun) => void;
  /** These runs are in Aim in their final state. No more arrive until the returned promise resolves. */
  readonly settled?: ((runs: readonly EnumeratedRun[]) => Promise<void>) | undefined;
}

/** Holds the reports of runs that wait to be published, and passes them on when they are true. */
export class PendingReports {
  readonly #waiting = new Map<string, { readonly task: RunTask; readonly processed: ProcessedRun }>();
  readonly #listener: RunListener;

  constructor(listener: RunListener) {
    this.#listener = listener;
  }

  /** A run is complete and waits to be published. */
  ready(task: RunTask, report: RunReport, active: boolean | undefined): void {
    this.#waiting.set(task.hash, { task, processed: processedRun(task, report, active) });
    this.#listener.ready?.(report);
  }

  /** A run was skipped or is unchanged. */
  done(task: RunTask, report: RunReport, active?: boolean): void {
    this.#listener.ready?.(report);
    this.#listener.done(processedRun(task, report, active));
  }

  /** A run is unchanged, and nothing of it must be published. */
  async unchanged(task: RunTask, report: RunReport, active: boolean | undefined): Promise<void> {
    this.done(task, report, active);
    await this.#listener.settled?.([task]);
  }

  published(hashes: readonly string[]): Promise<void> | undefined {
    const settled: EnumeratedRun[] = [];
    for (const hash of hashes) {
      const run = this.#take(hash);
      if (run === undefined) continue;
      this.#listener.done(run.processed);
      settled.push(run.processed.run);
    }
    return this.#listener.settled?.(settled);
  }

  passedOver(hash: string, code: PassedOver): void {
    const run = this.#take(hash);
    if (run === undefined) return;
    this.#listener.done({ run: run.processed.run, report: runReport(run.task, 'skipped', { code }) });
  }

  #take(hash: string) {
    const run = this.#waiting.get(hash);
    this.#waiting.delete(hash);
    return run;
  }
}

function processedRun({ experiment, ref }: RunTask, report: RunReport, active: boolean | undefined): ProcessedRun {
  const run = { experiment, ref };
  return active === undefined ? { run, report } : { run, report: { ...report, active }, active };
}
