import type { StructureChecker, StructureResult } from './structure-task.js';
import { TaskThreads } from './task-threads.js';

/** What a worker thread is told at its start. */
export interface StructureWorkerData {
  /** Path of the repository's `.aim`. */
  readonly repository: string;
}

const WORKER = new URL('./structure-worker.js', import.meta.url);

/** Checks the structure of runs in worker threads. */
export class StructurePool implements StructureChecker {
  private readonly threads: TaskThreads<string, StructureResult>;

  /** @param threads at least 1 */
  constructor(workerData: StructureWorkerData, threads: number) {
    this.threads = new TaskThreads(WORKER, workerData, { threads, tasksPerThread: 1 });
  }

  check(hash: string): Promise<StructureResult> {
    return this.threads.run(hash, `checked run ${hash}`);
  }

  stop(): Promise<void> {
    return this.threads.stop();
  }
}
