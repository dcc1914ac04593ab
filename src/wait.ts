/** What {@link withTimeout} throws; another attempt may succeed. */
export class IdleTimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';

  constructor(milliseconds: number) {
    super(`Nothing came for ${milliseconds / 1000} seconds.`);
  }
}

/** Longer ones overflow, and fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Resolves after so many milliseconds (25 days at most). Rejects with the signal's reason as soon as that is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const onTime = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = setTimeout(onTime, Math.min(milliseconds, LONGEST_TIMER));
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Settles as `promise` does. When the signal is aborted before that, calls `onAbort`, which stops what the promise stands
 * for, and rejects with the signal's reason.
 */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  onAbort: () => void = () => {},
): Promise<T> {
  promise.catch(() => undefined); // nobody listens after an abort
  signal.throwIfAborted();
  let listener = () => {};
  const aborted = new Promise<never>((_, reject) => {
    listener = () => {
      onAbort();
      reject(signal.reason);
    };
    signal.addEventListener('abort', listener, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}

/**
 * Settles as `promise` does, but rejects with {@link IdleTimeoutError} after so many milliseconds, and with the signal's
 * reason as soon as that is aborted. The caller stops what the promise stands for.
 */
export async function withTimeout<T>(promise: Promise<T>, milliseconds: number, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new IdleTimeoutError(milliseconds)), milliseconds);
  });
  try {
    return await abortable(Promise.race([promise, late]), signal);
  } finally {
    clearTimeout(timer);
  }
}
