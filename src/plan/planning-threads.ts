import { monotonicNow } from '../clock.js';
import type { CheckResult, ProgressCounts, RunConverter } from '../run/task/run-converter.js';
import { runReport } from '../run/task/run-result.js';
import type { RunTask } from '../run/task/run-task.js';
import { isWorkerLoss } from '../run/worker-loss.js';
import type { WorkerPool } from '../run/worker-pool.js';
import type { PlannedRun, PlanningConverter } from './planning-converter.js';
import type { RunContent } from './run-content.js';

/** Milliseconds of work in the calling thread before others are started: what ends sooner is not worth their start. */
const HEAD_START = 300;

export interface PlanningThreadsOptions {
  readonly inThread: PlanningConverter;
  /** Starts worker threads; absent if all is to be done in this thread. */
  readonly startPool?: () => WorkerPool<PlannedRun>;
  /** How many threads those are. */
  readonly parallelism: number;
  /** Hears of each run that is to be written, before its report is returned. */
  readonly onWrite: (task: RunTask, content: RunContent) => void;
}

/** Plans runs in worker threads, or in the calling one as long as there is little to do. */
export class PlanningThreads implements RunConverter {
  readonly parallelism: number;
  readonly #options: PlanningThreadsOptions;
  readonly #since = monotonicNow();
  #pool: WorkerPool<PlannedRun> | undefined;
  #isStopped = false;

  constructor(options: PlanningThreadsOptions) {
    this.#options = options;
    this.parallelism = options.parallelism;
  }

  check(tasks: readonly RunTask[]): Promise<readonly CheckResult[]> {
    return this.#converter().check(tasks);
  }

  async convert(task: RunTask): Promise<PlannedRun> {
    const planned = await this.#plan(task);
    if (planned.content !== undefined) this.#options.onWrite(task, planned.content);
    return planned;
  }

  writeIndex(): Promise<never> {
    return this.#options.inThread.writeIndex();
  }

  takeProgress(): ProgressCounts {
    return this.#options.inThread.takeProgress();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#pool?.stop();
  }

  /** A lost worker is told here: a conversion would clear away what it has staged, and a plan has nothing to clear away. */
  async #plan(task: RunTask): Promise<PlannedRun> {
    try {
      return await this.#converter().convert(task);
    } catch (cause) {
      if (!isWorkerLoss(cause)) throw cause;
      return { report: runReport(task, 'failed', { code: cause.code, reason: cause.sentence }) };
    }
  }

  #converter(): PlanningConverter | WorkerPool<PlannedRun> {
    const { inThread, startPool } = this.#options;
    const isTime = !this.#isStopped && monotonicNow() - this.#since > HEAD_START;
    if (isTime) this.#pool ??= startPool?.();
    return this.#pool ?? inThread;
  }
}
