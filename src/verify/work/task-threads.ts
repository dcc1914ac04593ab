import type { Piscina } from 'piscina';
import { ConvertError, isAbort, toConvertError } from '../../errors.js';
import { type Failure, unlessFailure } from '../../threads/failure.js';
import { startThreads, type ThreadLimits } from '../../threads/start-threads.js';

/** Worker threads that take tasks until they are stopped. */
export class TaskThreads<Task, Result extends object> {
  private readonly pool: Piscina<Task, Result | Failure>;
  private stopping: Promise<void> | undefined;

  /** @param onMessage hears what threads tell beside their results */
  constructor(worker: URL, workerData: unknown, limits: ThreadLimits, onMessage?: (message: unknown) => void) {
    this.pool = startThreads(worker, workerData, limits);
    if (onMessage !== undefined) this.pool.on('message', onMessage);
    // a thread that ends rejects its tasks, where it is told
    this.pool.on('error', () => {});
  }

  /**
   * Rejects with what the thread has thrown; with a `fatal` error when it ended: `what` was done by it (for messages), and `hint` is
   * what the user can do.
   */
  async run(task: Task, what: string, hint?: string): Promise<Result> {
    if (this.stopping !== undefined) throw new DOMException('The worker threads have been stopped.', 'AbortError');
    const result = await this.pool.run(task).catch((cause: unknown) => {
      if (this.stopping !== undefined || isAbort(cause)) throw cause;
      const { message } = toConvertError(cause, 'fatal', 'a worker thread');
      throw new ConvertError('fatal', 'worker-lost', `The thread that ${what} ended: ${message}`, {
        cause,
        ...(hint !== undefined && { hint }),
      });
    });
    return unlessFailure(result);
  }

  stop(): Promise<void> {
    this.stopping ??= this.pool.destroy();
    return this.stopping;
  }
}
