import { existsSync } from 'node:fs';
import { monotonicNow } from '../clock.js';
import { sleep } from '../wait.js';
import { BUSY_TIMEOUT, isBusy, sqlite, sqliteFailure } from './errors.js';

/** How long a database that another program holds is waited for, and how long once a signal has asked to end; milliseconds. */
const LONGEST_WAIT = 30_000;
const LONGEST_WAIT_AT_THE_END = 1_500;

const PAUSE = 20;

/**
 * Waits for databases that other programs hold: by trying again and again, so that between two attempts this thread hears
 * signals and does whatever else there is.
 */
export class Patience {
  private longest: number;

  /** @param longest milliseconds */
  constructor(longest = LONGEST_WAIT) {
    this.longest = longest;
  }

  /** From now on there is little time. */
  hurry(): void {
    this.longest = Math.min(this.longest, LONGEST_WAIT_AT_THE_END);
  }

  /** What `attempt` returns once it meets no lock; rejects with what it throws last. */
  async until<T>(attempt: () => T): Promise<T> {
    const since = monotonicNow();
    for (;;) {
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error) || monotonicNow() - since >= this.longest) throw error;
      }
      await sleep(PAUSE);
    }
  }
}

/** As {@link Patience.until}, and rejects with the signal's reason as soon as that is aborted. */
export async function patiently<T>(attempt: () => T, signal: AbortSignal): Promise<T> {
  return new Patience().until(() => {
    signal.throwIfAborted();
    return attempt();
  });
}

/** Resolves when nobody holds these SQLite files; one that is not there, or is damaged, is for whoever opens it. */
export async function whenFree(files: readonly string[], signal: AbortSignal): Promise<void> {
  for (const file of files) await patiently(() => meetLock(file), signal);
}

function meetLock(file: string): void {
  if (!existsSync(file)) return;
  try {
    const database = new (sqlite().DatabaseSync)(file, { timeout: BUSY_TIMEOUT });
    try {
      database.exec('BEGIN IMMEDIATE');
      database.exec('ROLLBACK');
    } finally {
      database.close();
    }
  } catch (error) {
    if (isBusy(error)) throw sqliteFailure(file, error);
    // anything else is met again, by who can say more
  }
}
