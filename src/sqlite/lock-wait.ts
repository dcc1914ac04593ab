import { existsSync } from 'node:fs';
import { monotonicNow } from '../clock.js';
import { sleep } from '../wait.js';
import { BUSY_TIMEOUT, sqliteDriver } from './driver.js';
import { isBusy, sqliteFailure } from './errors.js';

/** How long to wait for a lock, and how long once the process has been asked to stop; milliseconds. */
const TIMEOUT = 30_000;
const TIMEOUT_AFTER_STOP = 1_500;

const RETRY_EVERY = 20;

/** Waits for databases that other programs have locked. Retries, so that this thread handles signals and other work meanwhile. */
export class LockWait {
  private timeout: number;

  /** @param timeout milliseconds */
  constructor(timeout = TIMEOUT) {
    this.timeout = timeout;
  }

  /** The process has been asked to stop: waits no longer than 1.5 s from now on. */
  shorten(): void {
    this.timeout = Math.min(this.timeout, TIMEOUT_AFTER_STOP);
  }

  /** Repeats `attempt` until it meets no lock, and returns its result. Rejects with its last error. */
  async retry<T>(attempt: () => T): Promise<T> {
    const since = monotonicNow();
    for (;;) {
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error) || monotonicNow() - since >= this.timeout) throw error;
      }
      await sleep(RETRY_EVERY);
    }
  }
}

/** As {@link LockWait.retry}, and rejects with the signal's reason as soon as that is aborted. */
export async function retryWhileLocked<T>(attempt: () => T, signal: AbortSignal): Promise<T> {
  return new LockWait().retry(() => {
    signal.throwIfAborted();
    return attempt();
  });
}

/** Resolves when none of these SQLite files is locked. Missing and damaged files are left to whoever opens them. */
export async function waitForUnlocked(files: readonly string[], signal: AbortSignal): Promise<void> {
  for (const file of files) await retryWhileLocked(() => tryToLock(file), signal);
}

function tryToLock(file: string): void {
  if (!existsSync(file)) return;
  try {
    const database = new (sqliteDriver().DatabaseSync)(file, { timeout: BUSY_TIMEOUT });
    try {
      database.exec('BEGIN IMMEDIATE');
      database.exec('ROLLBACK');
    } finally {
      database.close();
    }
  } catch (error) {
    if (isBusy(error)) throw sqliteFailure(file, error);
    // other errors are reported by whoever opens the file
  }
}
