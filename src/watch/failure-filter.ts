import { monotonicNow } from '../clock.js';
import type { RunReport } from '../outcome.js';

/** A run that is half made, or just being replaced, is whole by then; milliseconds. */
const GRACE = 5_000;

interface Trouble {
  readonly reason: string;
  readonly since: number;
  readonly told: boolean;
}

/**
 * Decides which failed and skipped runs of a watch are worth a word. A look at a run that is just being made may find
 * anything; so a trouble is told when it has lasted, and told once until it is another one.
 */
export class FailureFilter {
  private readonly known = new Map<string, Trouble>();

  /** Whether to tell of this report. `first` for those of the first pass, of which all is told. */
  isNews({ runHash, outcome, reason = '' }: RunReport, first: boolean): boolean {
    if (outcome !== 'failed' && outcome !== 'skipped') {
      this.known.delete(runHash);
      return outcome !== 'unchanged' || first;
    }
    const before = this.known.get(runHash);
    const same = before?.reason === reason ? before : undefined;
    const since = same?.since ?? monotonicNow();
    const isNews = same?.told !== true && (first || monotonicNow() - since >= GRACE);
    this.known.set(runHash, { reason, since, told: isNews || same?.told === true });
    return isNews;
  }

  /** The run is gone. */
  forget(runHash: string): void {
    this.known.delete(runHash);
  }
}
