import type { Retry } from '../../events.js';
import type { SourceOptions } from '../../options.js';
import type { ThreadLimits } from '../../threads/start-threads.js';
import { TaskThreads } from './task-threads.js';
import type { RunVerifier, VerifyResult, VerifyTask } from './verify-task.js';

/** What a worker thread is told at its start. */
export interface VerifyWorkerData {
  readonly trackingUri: string;
  readonly source: SourceOptions;
  /** Path of the repository's `.aim`. */
  readonly repository: string;
  /** A counter of points that all threads add to. */
  readonly points: SharedArrayBuffer;
}

const WORKER = new URL('./verify-worker.js', import.meta.url);

/** Verifies runs in worker threads. */
export class VerifierPool implements RunVerifier {
  private readonly threads: TaskThreads<VerifyTask, VerifyResult>;
  private readonly counter: BigInt64Array;
  private told = 0n;

  constructor(work: Omit<VerifyWorkerData, 'points'>, limits: ThreadLimits, retrying: (retry: Retry) => void) {
    const points = new SharedArrayBuffer(8);
    this.counter = new BigInt64Array(points);
    const source = { ...work.source, concurrency: Math.ceil(work.source.concurrency / limits.threads) };
    const workerData: VerifyWorkerData = { ...work, source, points };
    this.threads = new TaskThreads(WORKER, workerData, limits, (message) => retrying(message as Retry));
  }

  verify(task: VerifyTask): Promise<VerifyResult> {
    const hint = 'With --concurrency 1 no other run needs memory at the same time.';
    return this.threads.run(task, `verified run ${task.ref.runId}`, hint);
  }

  takePoints(): number {
    const now = Atomics.load(this.counter, 0);
    const points = Number(now - this.told);
    this.told = now;
    return points;
  }

  stop(): Promise<void> {
    return this.threads.stop();
  }
}
