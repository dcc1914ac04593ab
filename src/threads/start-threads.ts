import { Piscina } from 'piscina';

/**
 * Piscina tries `require` first. A thread that is ended while Node is loading an ES module that way takes the whole process
 * with it (V8: "IsGraphAsync must be used on an instantiated module"); by `import` it ends as it should.
 */
const LOAD_BY_IMPORT = '--no-experimental-require-module';

/** How many threads, and how many tasks each of them may have at once; both at least 1. */
export interface ThreadLimits {
  readonly threads: number;
  readonly tasksPerThread: number;
}

/** Starts worker threads that run a module. Throws the error of the first that cannot be started. */
export function startThreads<Task, Result>(
  worker: URL,
  workerData: unknown,
  { threads, tasksPerThread }: ThreadLimits,
): Piscina<Task, Result> {
  return new Piscina<Task, Result>({
    filename: worker.href,
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
}
