import { Piscina } from 'piscina';
import { ConvertError, isAbort, toConvertError } from '../../errors.js';
import type { StructureChecker, StructureResult } from './structure-task.js';
import type { VerifyFailure } from './verifier-pool.js';

/** What a worker thread is told at its start. */
export interface StructureWorkerData {
  /** Path of the repository's `.aim`. */
  readonly repository: string;
}

const WORKER = new URL('./structure-worker.js', import.meta.url);

/** As for the workers of a conversion: see run/worker-pool.ts. */
const LOAD_BY_IMPORT = '--no-experimental-require-module';

/** Checks the structure of runs in worker threads. */
export class StructurePool implements StructureChecker {
  private readonly pool: Piscina<string, StructureResult | VerifyFailure>;
  private stopping: Promise<void> | undefined;

  /** @param threads at least 1 */
  constructor(workerData: StructureWorkerData, threads: number) {
    this.pool = new Piscina({
      filename: WORKER.href,
      minThreads: threads,
      maxThreads: threads,
      atomics: 'disabled',
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 2000 },
      env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${LOAD_BY_IMPORT}` },
    });
    // a thread that ends rejects its tasks, where it is told
    this.pool.on('error', () => {});
  }

  async check(hash: string): Promise<StructureResult> {
    if (this.stopping !== undefined) throw new DOMException('The worker threads have been stopped.', 'AbortError');
    const result = await this.pool.run(hash).catch((cause: unknown) => {
      if (this.stopping !== undefined || isAbort(cause)) throw cause;
      const { message } = toConvertError(cause, 'fatal', 'a worker thread');
      throw new ConvertError('fatal', 'worker-lost', `The thread that checked run ${hash} ended: ${message}`, {
        cause,
      });
    });
    if (!('failure' in result)) return result;
    const { kind, code, message, where, hint } = result.failure;
    throw new ConvertError(kind, code, message, {
      ...(where !== undefined && { where }),
      ...(hint !== undefined && { hint }),
    });
  }

  stop(): Promise<void> {
    this.stopping ??= this.pool.destroy();
    return this.stopping;
  }
}
