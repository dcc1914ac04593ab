import { Backoff } from '../../backoff.js';
import { sleep, withTimeout } from '../../wait.js';
import type { ObjectPart } from './object-store.js';
import { isTransientStoreError } from './store-error.js';
import { IDLE_TIMEOUT } from './timeouts.js';

/** Attempts in a row that bring nothing new. */
const MOST_ATTEMPTS = 5;

/** Between attempts; milliseconds. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 10_000;

/** Asks for a file from a byte on; with a version, for that version only. */
export type OpenPart = (from: number, version: string | undefined, signal: AbortSignal) => Promise<ObjectPart>;

/** How long to wait, in milliseconds: for a chunk, and after a first attempt in vain. */
export interface Patience {
  readonly silence?: number;
  readonly pause?: number;
}

/**
 * The bytes of a file, as they are taken. A connection that is cut or silent is taken up again where it stopped, as
 * long as the file is still the same version; one of which the store tells no version is taken up from its size alone.
 * Rejects with the client's error, or with the reason of the signal when that is aborted.
 */
export async function* resumedDownload(
  open: OpenPart,
  signal: AbortSignal,
  { silence = IDLE_TIMEOUT, pause = FIRST_PAUSE }: Patience = {},
): AsyncGenerator<Uint8Array, void, void> {
  const state: Progress = { taken: 0, total: undefined, version: undefined };
  const backoff = new Backoff({ first: pause, longest: LONGEST_PAUSE, jitter: 0.5 });
  for (;;) {
    const before = state.taken;
    try {
      yield* onePart(open, state, signal, silence);
      return;
    } catch (cause) {
      signal.throwIfAborted();
      if (state.taken > before) backoff.reset();
      if (!isTransientStoreError(cause) || backoff.failures + 1 >= MOST_ATTEMPTS) throw cause;
      await sleep(backoff.next(), signal);
    }
  }
}

interface Progress {
  taken: number;
  total: number | undefined;
  version: string | undefined;
}

async function* onePart(open: OpenPart, state: Progress, signal: AbortSignal, silence: number) {
  signal.throwIfAborted();
  const attempt = new AbortController();
  const stop = (): void => attempt.abort(signal.reason);
  signal.addEventListener('abort', stop);
  let part: ObjectPart | undefined;
  try {
    part = await withTimeout(open(state.taken, state.version, attempt.signal), silence, signal);
    part.body.on('error', () => {}); // heard by whoever reads; an attempt that was given up has nobody left
    state.version ??= part.version;
    state.total ??= part.total;
    let known = state.taken - part.start;
    const chunks = part.body[Symbol.asyncIterator]();
    for (;;) {
      const next = await withTimeout(chunks.next(), silence, signal);
      if (next.done) break;
      const chunk = next.value as Uint8Array;
      const fresh = known === 0 ? chunk : chunk.subarray(Math.min(known, chunk.length));
      known -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      state.taken += fresh.length;
      yield fresh;
      signal.throwIfAborted();
    }
    if (state.total !== undefined && state.taken < state.total) throw new Cut(state.taken, state.total);
  } finally {
    signal.removeEventListener('abort', stop);
    attempt.abort();
    part?.body.destroy();
  }
}

/** A body that ended early without saying so. */
class Cut extends Error {
  override readonly name = 'Cut';
  readonly code = 'ECONNRESET';

  constructor(taken: number, total: number) {
    super(`The connection was closed after ${taken} of ${total} bytes.`);
  }
}
