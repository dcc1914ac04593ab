import { monotonicNow } from '../clock.js';

/** Between two attempts of a watch; milliseconds. */
const RETRY_EVERY = 600_000;

/**
 * When to retry runs with parts that could not be read (`unread` in the ledger). A conversion retries each of them once; a
 * watch, which makes many passes, must not ask for unreachable artifacts in every one.
 */
export class Retries {
  private readonly tried = new Map<string, number>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = monotonicNow) {}

  /** Whether to retry the run now; if so, it is due again after ten minutes. */
  isDue(hash: string): boolean {
    const now = this.now();
    const last = this.tried.get(hash);
    if (last !== undefined && now - last < RETRY_EVERY) return false;
    this.tried.set(hash, now);
    return true;
  }
}
