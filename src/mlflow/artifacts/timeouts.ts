import { setTimeout as delay } from 'node:timers/promises';

/** How long a store may keep silent, in milliseconds; MLflow's S3 client waits as long. */
export const LONGEST_SILENCE = 60_000;

/** How long is waited before a second attempt, in milliseconds; longer before each that follows. */
export const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 10_000;

/** What is thrown when a store has kept silent for too long; another attempt may succeed. */
export class Silence extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';

  constructor(milliseconds: number) {
    super(`Nothing came for ${milliseconds / 1000} seconds.`);
  }
}

/**
 * Waits for a promise, but no longer than `milliseconds` (rejects with {@link Silence}) and not once the signal is
 * aborted (rejects with its reason). What the promise does then is for the caller to stop.
 */
export async function within<T>(promise: Promise<T>, milliseconds: number, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => {};
  const giveUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silence(milliseconds)), milliseconds);
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, giveUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Waits after an attempt in vain (the first is number 0): `pause` milliseconds or somewhat less, twice as long each time.
 * Others that wait as well come back at other times.
 */
export async function backOff(attempt: number, pause: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE, pause * 2 ** attempt);
  try {
    await delay(longest * (0.5 + Math.random() / 2), undefined, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  }
}
