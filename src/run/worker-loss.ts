import { ConvertError, errorCode, toConvertError } from '../errors.js';

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';
const NOT_STARTED = 'ERR_WORKER_INIT_FAILED';
/** The file descriptors, processes or memory are missing that a new thread needs. */
const SCARCE: ReadonlySet<string> = new Set([NOT_STARTED, 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

/**
 * The error of a task whose thread ended or could not be started: `fatal` if threads cannot be started, else `skip-run`,
 * since another thread may succeed.
 */
export function workerLoss(cause: unknown): ConvertError {
  const code = errorCode(cause) ?? '';
  if (code === OUT_OF_MEMORY) {
    return new ConvertError('skip-run', 'out-of-resources', 'The thread that worked on it ran out of memory.', {
      cause,
      hint: 'With --concurrency 1 no other run needs memory at the same time.',
    });
  }
  if (SCARCE.has(code)) {
    const why = cause instanceof Error ? cause.message : code;
    return new ConvertError(
      'fatal',
      'out-of-resources',
      `A worker thread could not be started: the system has no more to give (${why}).`,
      {
        cause,
        hint: 'Lower --concurrency, or raise the limits of this user (ulimit -n, ulimit -u).',
      },
    );
  }
  const { message } = toConvertError(cause, 'skip-run', 'a worker thread');
  return new ConvertError('skip-run', 'worker-lost', `The thread that worked on it ended: ${message}`, { cause });
}

/** Whether a task was rejected because its thread ended; errors that a thread itself passes on are fatal. */
export function isWorkerLoss(cause: unknown): cause is ConvertError {
  return cause instanceof ConvertError && cause.kind === 'skip-run';
}
