import { Backoff } from '../backoff.js';
import { asFatal, type ErrorCode } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import { sleep } from '../wait.js';

/** Milliseconds. */
const PAUSES = { first: 1_000, longest: 10_000 };

/** The errors of a source that is not there yet: training creates its store and experiment, or its server starts. */
const NOT_YET: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'source-not-found',
  'not-found',
  'not-mlflow',
  'unknown-experiment',
  'unreachable',
  'server-error',
  'busy',
]);

/**
 * Resolves with the result of `open` as soon as the source is there. Reports once what it waits for, and when that has come.
 * Rejects with errors that waiting does not fix, and with the signal's reason.
 */
export async function whenThere<T>(open: () => Promise<T>, events: ConvertEvents, signal: AbortSignal): Promise<T> {
  const backoff = new Backoff(PAUSES);
  let told: string | undefined;
  for (;;) {
    try {
      const opened = await open();
      if (told !== undefined) events.emit('source', { available: true, message: 'The source is there now.' });
      return opened;
    } catch (cause) {
      signal.throwIfAborted();
      const { code, message } = asFatal(cause, 'The source');
      if (!NOT_YET.has(code)) throw cause;
      if (message !== told) events.emit('source', { available: false, code, message: `${message} Waiting for it.` });
      told = message;
    }
    await sleep(backoff.next(), signal);
  }
}
