import pLimit from 'p-limit';
import type { Piscina } from 'piscina';
import type { IndexOutcome } from '../aim/run-index.js';
import type { Retry, Warn, Warning } from '../events.js';
import type { SourceOptions } from '../options.js';
import { type Failure, unlessFailure } from '../threads/failure.js';
import { startThreads } from '../threads/start-threads.js';
import type { CheckResult, ProgressCounts, RunConverter } from './task/run-converter.js';
import type { RunOptions } from './task/run-environment.js';
import type { RunResult } from './task/run-result.js';
import type { RunTask } from './task/run-task.js';
import { isWorkerLoss, workerLoss } from './worker-loss.js';

/** What a worker thread gets at its start. */
export interface WorkerData {
  readonly trackingUri: string;
  readonly source: SourceOptions;
  /** Path of the repository's `.aim`. */
  readonly repository: string;
  readonly options: RunOptions;
  /** Two counters, points and artifact bytes, that all threads add to. */
  readonly progress: SharedArrayBuffer;
}

export type WorkerTask =
  | {
      readonly type: 'convert';
      readonly task: RunTask;
      /** Another worker ended while it had this task, and may have left files. */
      readonly isRetry: boolean;
    }
  | { readonly type: 'check'; readonly tasks: readonly RunTask[] }
  | { readonly type: 'index'; readonly hashes: readonly string[]; readonly isFinal: boolean };

/** What a thread says of its source while it works. */
export type WorkerMessage = { readonly warning: Warning } | { readonly retry: Retry };

/** Receives what worker threads report about the source: each warning once, and each retry. */
export interface WorkerListener {
  readonly warn: Warn;
  readonly retrying: (retry: Retry) => void;
}

export type WorkerResult = RunResult | { readonly checked: readonly CheckResult[] } | IndexOutcome;

const WORKER = new URL('./worker.js', import.meta.url);

export interface WorkerPoolOptions {
  /** Runs in progress at the same time. */
  readonly concurrency: number;
  /** Threads at most. */
  readonly max: number;
  /** The module that a worker runs, if it is not the one beside this. */
  readonly worker?: URL;
}

/**
 * Converts runs in worker threads, which share nothing but the counters of progress. Another module than the usual one may say more
 * of a run than a conversion needs.
 */
export class WorkerPool<Result extends RunResult = RunResult> implements RunConverter {
  readonly parallelism: number;
  readonly #pool: Piscina<WorkerTask, WorkerResult | Failure>;
  readonly #counters: BigInt64Array;
  /** For each task in progress, the function that rejects it. */
  readonly #underWay = new Set<(cause: unknown) => void>();
  readonly #oneByOne = pLimit(1);
  #stopping: Promise<void> | undefined;
  #reported = [0n, 0n] as [bigint, bigint];

  constructor(
    work: Omit<WorkerData, 'progress'>,
    { concurrency, max, worker = WORKER }: WorkerPoolOptions,
    listener: Partial<WorkerListener> = {},
  ) {
    const progress = new SharedArrayBuffer(16);
    this.#counters = new BigInt64Array(progress);
    const threads = Math.min(concurrency, max);
    this.parallelism = threads;
    // each worker opens the source itself, and gets its share of the concurrent requests
    const source = { ...work.source, concurrency: Math.ceil(work.source.concurrency / threads) };
    const data: WorkerData = { ...work, source, progress };
    try {
      this.#pool = startThreads(worker, data, { threads, tasksPerThread: Math.ceil(concurrency / threads) });
    } catch (cause) {
      throw workerLoss(cause);
    }
    const told = new Set<string>();
    this.#pool.on('message', (message: WorkerMessage) => {
      if ('retry' in message) {
        listener.retrying?.(message.retry);
        return;
      }
      const { warning } = message;
      if (!told.has(warning.message)) listener.warn?.(warning);
      told.add(warning.message);
    });
    this.#pool.on('error', (cause: unknown) => setImmediate(() => this.#lostWorker(cause)));
  }

  /**
   * A worker that ends loses all its runs, of which at most one was the cause: each is tried once more, one after the other.
   * If that ends the same way, rejects with the error of {@link workerLoss}.
   */
  async convert(task: RunTask): Promise<Result> {
    const attempt = (isRetry: boolean) => this.#run({ type: 'convert', task, isRetry });
    return (await this.#withRetry(attempt)) as Result;
  }

  async check(tasks: readonly RunTask[]): Promise<readonly CheckResult[]> {
    try {
      const { checked } = (await this.#run({ type: 'check', tasks })) as { checked: readonly CheckResult[] };
      return checked;
    } catch (cause) {
      if (isWorkerLoss(cause)) return [];
      throw cause;
    }
  }

  async writeIndex(hashes: readonly string[], isFinal: boolean): Promise<IndexOutcome> {
    return (await this.#withRetry(() => this.#run({ type: 'index', hashes, isFinal }))) as IndexOutcome;
  }

  takeProgress(): ProgressCounts {
    const now = [Atomics.load(this.#counters, 0), Atomics.load(this.#counters, 1)] as [bigint, bigint];
    const points = Number(now[0] - this.#reported[0]);
    const artifactBytes = Number(now[1] - this.#reported[1]);
    this.#reported = now;
    return { points, artifactBytes };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#pool.destroy();
    return this.#stopping;
  }

  async #withRetry(attempt: (isRetry: boolean) => Promise<WorkerResult>): Promise<WorkerResult> {
    try {
      return await attempt(false);
    } catch (cause) {
      if (!isWorkerLoss(cause)) throw cause;
      return this.#oneByOne(attempt, true);
    }
  }

  async #run(task: WorkerTask): Promise<WorkerResult> {
    return unlessFailure(await this.#post(task));
  }

  async #post(task: WorkerTask): Promise<WorkerResult | Failure> {
    // a destroyed pool would start new threads
    if (this.#stopping !== undefined) throw new DOMException('The worker threads have been stopped.', 'AbortError');
    return new Promise((resolve, reject) => {
      const lose = (cause: unknown) => reject(this.#stopping === undefined ? workerLoss(cause) : cause);
      this.#underWay.add(lose);
      Promise.resolve()
        .then(() => this.#pool.run(task))
        .then(resolve, (cause: unknown) => {
          lose(cause);
          setImmediate(() => this.#lostWorker(cause));
        })
        .finally(() => this.#underWay.delete(lose));
    });
  }

  /**
   * A worker has ended: an idle pool reports that itself, otherwise it rejects the worker's task. Other workers continue or
   * replace it; if none can be started, nobody would ever take the waiting tasks.
   */
  #lostWorker(cause: unknown): void {
    if (this.#pool.threads.length > 0) return;
    for (const lose of this.#underWay) lose(cause);
  }
}
