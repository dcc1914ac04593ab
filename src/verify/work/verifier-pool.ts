import { Piscina } from 'piscina';
import { ConvertError, isAbort, toConvertError } from '../../errors.js';
import type { SourceOptions } from '../../options.js';
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

/** An error as it crosses threads, where only plain objects keep their fields. */
export type VerifyFailure = { readonly failure: Pick<ConvertError, 'kind' | 'code' | 'message' | 'where' | 'hint'> };

const WORKER = new URL('./verify-worker.js', import.meta.url);

/** As for the workers of a conversion: see run/worker-pool.ts. */
const LOAD_BY_IMPORT = '--no-experimental-require-module';

/** Verifies runs in worker threads. */
export class VerifierPool implements RunVerifier {
  private readonly pool: Piscina<VerifyTask, VerifyResult | VerifyFailure>;
  private readonly counter: BigInt64Array;
  private told = 0n;
  private stopping: Promise<void> | undefined;

  /** @param threads at least 1 */
  constructor(work: Omit<VerifyWorkerData, 'points'>, threads: number, tasksPerThread: number) {
    const points = new SharedArrayBuffer(8);
    this.counter = new BigInt64Array(points);
    const source = { ...work.source, concurrency: Math.ceil(work.source.concurrency / threads) };
    const workerData: VerifyWorkerData = { ...work, source, points };
    this.pool = new Piscina({
      filename: WORKER.href,
      minThreads: threads,
      maxThreads: threads,
      atomics: 'disabled',
      concurrentTasksPerWorker: tasksPerThread,
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 2000 },
      env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${LOAD_BY_IMPORT}` },
    });
    // a thread that ends rejects its tasks, where it is told
    this.pool.on('error', () => {});
  }

  async verify(task: VerifyTask): Promise<VerifyResult> {
    if (this.stopping !== undefined) throw new DOMException('The worker threads have been stopped.', 'AbortError');
    const result = await this.pool.run(task).catch((cause: unknown) => {
      if (this.stopping !== undefined || isAbort(cause)) throw cause;
      const { message } = toConvertError(cause, 'fatal', 'a worker thread');
      throw new ConvertError(
        'fatal',
        'worker-lost',
        `The thread that verified run ${task.ref.runId} ended: ${message}`,
        {
          cause,
          hint: 'With --concurrency 1 no other run needs memory at the same time.',
        },
      );
    });
    if (!('failure' in result)) return result;
    const { kind, code, message, where, hint } = result.failure;
    throw new ConvertError(kind, code, message, {
      ...(where !== undefined && { where }),
      ...(hint !== undefined && { hint }),
    });
  }

  takePoints(): number {
    const now = Atomics.load(this.counter, 0);
    const points = Number(now - this.told);
    this.told = now;
    return points;
  }

  stop(): Promise<void> {
    this.stopping ??= this.pool.destroy();
    return this.stopping;
  }
}
