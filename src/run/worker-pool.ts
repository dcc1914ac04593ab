import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import type { IndexOutcome } from '../aim/run-index.js';
import { ConvertError } from '../errors.js';
import type { SourceOptions } from '../options.js';
import type { CheckResult, CheckTask, WriteIndex } from './task/run-converter.js';
import type { RunOptions, RunResult, RunTask } from './task/run-task.js';
import { isWorkerLoss, workerLoss } from './worker-loss.js';

/** What a worker thread is told at its start. */
export interface WorkerData {
  readonly trackingUri: string;
  readonly source: SourceOptions;
  readonly repository: string;
  readonly options: Omit<RunOptions, 'now'>;
  /** Two counters, points and artifact bytes, that all threads add to. */
  readonly progress: SharedArrayBuffer;
}

export type WorkerTask =
  | {
      readonly type: 'run';
      readonly job: RunTask;
      readonly now: number;
      /** Another thread ended while it worked on this, and may have left something. */
      readonly again: boolean;
    }
  | { readonly type: 'check'; readonly jobs: readonly CheckTask[]; readonly now: number }
  | { readonly type: 'index'; readonly hashes: readonly string[]; readonly finished: boolean };

/** What a thread says of its source while it works. */
export interface WorkerWarning {
  /** A sentence. */
  readonly warning: string;
}

/** An error as it crosses threads, where only plain objects keep their fields. */
export type ErrorRecord = Pick<ConvertError, 'kind' | 'code' | 'message' | 'where' | 'hint'>;

export type WorkerResult =
  | RunResult
  | { readonly checked: readonly CheckResult[] }
  | IndexOutcome
  | { readonly failure: ErrorRecord };

function reviveError({ kind, code, message, where, hint }: ErrorRecord): ConvertError {
  return new ConvertError(kind, code, message, {
    ...(where !== undefined && { where }),
    ...(hint !== undefined && { hint }),
  });
}

/**
 * Piscina tries `require` first. A thread that is ended while Node is loading an ES module that way takes the whole process
 * with it (V8: "IsGraphAsync must be used on an instantiated module"); by `import` it ends as it should.
 */
const LOAD_BY_IMPORT = '--no-experimental-require-module';

function startPool(workerData: WorkerData, threads: number, tasksPerThread: number): Piscina<WorkerTask, WorkerResult> {
  try {
    return new Piscina<WorkerTask, WorkerResult>({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      // Waiting in Atomics.wait blocks a worker's event loop and cost a fifth of the time for small runs.
      atomics: 'disabled',
      concurrentTasksPerWorker: tasksPerThread,
      workerData,
      // Young: half of what Node gives, as fast and a tenth less memory in all. Old: as much as Node gives on a small machine,
      // enough for a run of 400,000 metrics. From 2 GiB on V8 lets far more garbage gather: 417 MB in all for 20,000 runs
      // instead of 276.
      resourceLimits: { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 2000 },
      env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${LOAD_BY_IMPORT}` },
    });
  } catch (cause) {
    throw workerLoss(cause);
  }
}

/** Worker threads that convert whole runs: nothing is shared between them but the counters of progress. */
export class WorkerPool {
  private readonly pool: Piscina<WorkerTask, WorkerResult>;
  private readonly counters: BigInt64Array;
  private stopping: Promise<void> | undefined;
  /** Of each task that is under way, what rejects it. */
  private readonly waiting = new Set<(cause: unknown) => void>();
  private readonly oneByOne = pLimit(1);
  private reported = [0n, 0n] as [bigint, bigint];

  /**
   * `concurrency` runs are under way at once, on at most `max` threads.
   *
   * @param warn hears, each thing once, what a thread has to say of its source
   */
  constructor(
    work: Omit<WorkerData, 'progress'>,
    { concurrency, max }: { concurrency: number; max: number },
    warn: (message: string) => void = () => {},
  ) {
    const progress = new SharedArrayBuffer(16);
    this.counters = new BigInt64Array(progress);
    const threads = Math.min(concurrency, max);
    // each thread opens the source itself, and has its share of what may be under way
    const source = { ...work.source, concurrency: Math.ceil(work.source.concurrency / threads) };
    const data: WorkerData = { ...work, source, progress };
    this.pool = startPool(data, threads, Math.ceil(concurrency / threads));
    const told = new Set<string>();
    this.pool.on('message', ({ warning }: WorkerWarning) => {
      if (!told.has(warning)) warn(warning);
      told.add(warning);
    });
    this.pool.on('error', (cause: unknown) => setImmediate(() => this.lostThread(cause)));
  }

  /**
   * A thread that ends takes all runs with it that were in it, of which at most one was too much for it: each is tried once
   * more, one after the other. Rejects with what {@link workerLoss} says when that ends the same way.
   */
  async convert(job: RunTask): Promise<RunResult> {
    const attempt = (again: boolean) => this.run({ type: 'run', job, now: Date.now(), again });
    return (await this.twice(attempt)) as RunResult;
  }

  /** For each of these runs, whether it is as it was when it was converted; nothing for any when the thread ends. */
  async check(jobs: readonly CheckTask[]): Promise<readonly CheckResult[]> {
    try {
      const answer = await this.run({ type: 'check', jobs, now: Date.now() });
      return (answer as { checked: readonly CheckResult[] }).checked;
    } catch (cause) {
      if (isWorkerLoss(cause)) return [];
      throw cause;
    }
  }

  readonly writeIndex: WriteIndex = async (hashes, finished) => {
    const attempt = () => this.run({ type: 'index', hashes, finished });
    return (await this.twice(attempt)) as IndexOutcome;
  };

  private async twice(attempt: (again: boolean) => Promise<WorkerResult>): Promise<WorkerResult> {
    try {
      return await attempt(false);
    } catch (cause) {
      if (!isWorkerLoss(cause)) throw cause;
      return this.oneByOne(attempt, true);
    }
  }

  private async run(task: WorkerTask): Promise<Exclude<WorkerResult, { failure: ErrorRecord }>> {
    const answer = await this.post(task);
    if ('failure' in answer) throw reviveError(answer.failure);
    return answer;
  }

  private async post(task: WorkerTask): Promise<WorkerResult> {
    return new Promise((resolve, reject) => {
      const lose = (cause: unknown) => reject(this.stopping === undefined ? workerLoss(cause) : cause);
      this.waiting.add(lose);
      Promise.resolve()
        .then(() => this.pool.run(task))
        .then(resolve, (cause: unknown) => {
          lose(cause);
          setImmediate(() => this.lostThread(cause));
        })
        .finally(() => this.waiting.delete(lose));
    });
  }

  /**
   * A thread has ended: the pool tells so itself when it had no task, else by rejecting that. Others go on, or have taken its
   * place; where there is none, because they cannot be started, nobody would ever take the tasks that wait.
   */
  private lostThread(cause: unknown): void {
    if (this.pool.threads.length > 0) return;
    for (const lose of this.waiting) lose(cause);
  }

  /** Points and artifact bytes since the last call. */
  takeProgress(): { points: number; artifactBytes: number } {
    const now = [Atomics.load(this.counters, 0), Atomics.load(this.counters, 1)] as [bigint, bigint];
    const points = Number(now[0] - this.reported[0]);
    const artifactBytes = Number(now[1] - this.reported[1]);
    this.reported = now;
    return { points, artifactBytes };
  }

  /** Ends the threads at once, whatever they are doing; what they were building is left in the staging directory. */
  stop(): Promise<void> {
    this.stopping ??= this.pool.destroy();
    return this.stopping;
  }
}
