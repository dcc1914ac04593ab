import { exponential } from '../../backoff.js';
import type { Retry } from '../../events.js';
import { sleep, withTimeout } from '../../wait.js';
import { resumedDownload } from '../common/resumed-download.js';
import { IDLE_TIMEOUT } from './idle-timeout.js';
import type { ObjectPart } from './object-store.js';
import { isTransientStoreError } from './store-error.js';

/** Attempts in a row without new bytes. */
const MAX_ATTEMPTS = 5;

/** Between attempts; milliseconds. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 10_000;
/** The random part of a pause. */
const JITTER = 0.5;

/** Reads an object from a byte on; with a version, only that version. */
export type ReadPart = (from: number, version: string | undefined, signal: AbortSignal) => Promise<ObjectPart>;

/** An attempt that is about to be followed by another: the number of that, how many there will be at most, and seconds until then. */
export interface FailedDownload extends Pick<Retry, 'attempt' | 'attempts' | 'wait'> {
  readonly cause: unknown;
}

export interface DownloadOptions {
  /** Milliseconds: the longest idle time of a connection, and the pause after the first failed attempt. */
  readonly idle?: number;
  readonly pause?: number;
  readonly told?: (failed: FailedDownload) => void;
}

/** The bytes of an object; an attempt that is cut or idle is resumed. Rejects with the error of the store's client. */
export function objectDownload(
  read: ReadPart,
  signal: AbortSignal,
  { idle = IDLE_TIMEOUT, pause = FIRST_PAUSE, told }: DownloadOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const source = {
    open: async (from: number, version: string | undefined, stop: AbortSignal) => {
      const part = await withTimeout(read(from, version, stop), idle, stop);
      part.body.on('error', () => {}); // the reader gets it; after an abandoned attempt there is none
      return { ...part, body: withIdleTimeout(part.body, idle, stop), close: () => void part.body.destroy() };
    },
    retry: async ({ cause, failures }: { readonly cause: unknown; readonly failures: number }) => {
      if (!isTransientStoreError(cause) || failures >= MAX_ATTEMPTS) throw cause;
      const longest = exponential(failures, { first: pause, longest: LONGEST_PAUSE });
      const wait = longest * (1 - JITTER * Math.random());
      told?.({ cause, attempt: failures + 1, attempts: MAX_ATTEMPTS, wait: wait / 1000 });
      await sleep(wait, signal);
    },
  };
  return resumedDownload(source, signal);
}

async function* withIdleTimeout(
  body: AsyncIterable<Uint8Array>,
  idle: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await withTimeout(chunks.next(), idle, signal);
    if (next.done) return;
    yield next.value;
  }
}
