/** A file from some byte on, as it arrives. */
export interface FilePart {
  /** The offset of the first byte of `body`: the one that was asked for, or 0 where the server ignores ranges. */
  readonly start: number;
  /** The size of the whole file in bytes, where the server tells it. */
  readonly total?: number | undefined;
  /** What names this version of the file, where the server tells it. */
  readonly version?: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Closes the connection; the body may not have been read to its end. */
  readonly close: () => void;
}

/** What is known of a download when an attempt fails. */
export interface FailedAttempt {
  readonly cause: unknown;
  /** Attempts in a row that brought no new byte; at least 1. */
  readonly failures: number;
  /** Bytes that have been handed on. */
  readonly received: number;
}

export interface DownloadSource {
  /** Asks for the file from a byte on; with a version, for that version only. The signal ends this attempt. */
  open(from: number, version: string | undefined, signal: AbortSignal): Promise<FilePart>;
  /** Waits before the next attempt, or rejects when there is to be none. */
  retry(attempt: FailedAttempt): Promise<void>;
}

interface Progress {
  received: number;
  total: number | undefined;
  version: string | undefined;
}

/**
 * The bytes of a file. An attempt that fails is resumed where it stopped, as long as the file is still the same version; a
 * file without a version is resumed from its size alone. Rejects with what `retry` rejects with, or with the reason of the
 * signal when that is aborted.
 */
export async function* resumedDownload(
  source: DownloadSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const progress: Progress = { received: 0, total: undefined, version: undefined };
  for (let failures = 0; ; ) {
    const before = progress.received;
    try {
      yield* attempt(source, progress, signal);
      return;
    } catch (cause) {
      signal.throwIfAborted();
      failures = progress.received > before ? 1 : failures + 1;
      await source.retry({ cause, failures, received: progress.received });
    }
  }
}

async function* attempt(source: DownloadSource, progress: Progress, signal: AbortSignal) {
  signal.throwIfAborted();
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', stop);
  let part: FilePart | undefined;
  try {
    const { received, version } = progress;
    part = await source.open(received, received === 0 ? undefined : version, controller.signal);
    if (received === 0) progress.version = part.version;
    progress.total ??= part.total;
    let known = received - part.start;
    for await (const chunk of part.body) {
      const fresh = known === 0 ? chunk : chunk.subarray(Math.min(known, chunk.length));
      known -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      progress.received += fresh.length;
      yield fresh;
      signal.throwIfAborted();
    }
    const { total } = progress;
    if (total !== undefined && progress.received < total) throw new IncompleteBodyError(progress.received, total);
  } finally {
    signal.removeEventListener('abort', stop);
    controller.abort();
    part?.close();
  }
}

/** A body that ended early without an error. */
class IncompleteBodyError extends Error {
  override readonly name = 'IncompleteBodyError';
  readonly code = 'ECONNRESET';

  constructor(received: number, total: number) {
    super(`The connection was closed after ${received} of ${total} bytes.`);
  }
}
