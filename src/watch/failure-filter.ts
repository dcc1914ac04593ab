import { monotonicNow } from '../clock.js';
import type { RunReport } from '../outcome.js';

/** By then, a run that is being created or replaced is complete; milliseconds. */
const GRACE = 5_000;

interface Failure {
  readonly code: RunReport['code'];
  readonly where: RunReport['where'];
  readonly since: number;
  readonly told: boolean;
}

/**
 * Decides which failed and skipped runs of a watch are reported. A run that is just being created may fail in any way, so a
 * failure is reported only if it lasts, and again only if its code or place changes.
 */
export class FailureFilter {
  private readonly known = new Map<string, Failure>();

  /** Whether to report this. `isFirst` is set in the first pass, which reports every run. */
  isNews({ runHash, outcome, code, where }: RunReport, isFirst: boolean): boolean {
    if (outcome !== 'failed' && outcome !== 'skipped') {
      this.known.delete(runHash);
      return outcome !== 'unchanged' || isFirst;
    }
    const before = this.known.get(runHash);
    const same = before?.code === code && before?.where === where ? before : undefined;
    const since = same?.since ?? monotonicNow();
    const isNews = same?.told !== true && (isFirst || monotonicNow() - since >= GRACE);
    this.known.set(runHash, { code, where, since, told: isNews || same?.told === true });
    return isNews;
  }

  /** The run no longer exists. */
  forget(runHash: string): void {
    this.known.delete(runHash);
  }
}
