import { monotonicNow } from '../clock.js';
import type { RunRef } from '../model.js';

/**
 * What may have changed in a source, as far as events tell. A hint is never believed: it only says where to look next.
 */
export type SourceChange =
  | { readonly type: 'run'; readonly ref: RunRef }
  /** Runs have come or gone in this experiment, by MLflow's id; which ones is not known. */
  | { readonly type: 'experiment'; readonly id: string }
  /** The experiments themselves. */
  | { readonly type: 'experiments' }
  | { readonly type: 'everything' };

/** PendingChanges that were taken together, each once. */
export interface PendingChanges {
  readonly everything: boolean;
  readonly experiments: boolean;
  readonly inExperiments: ReadonlySet<string>;
  /** By run id and experiment. */
  readonly runs: readonly RunRef[];
  /** When the first of them was given; milliseconds of the clock that never goes back. */
  readonly since: number;
}

/**
 * Gathers hints until they are taken. They are due a moment after the first of them, however many follow: a run that is
 * written to all the time must not be kept waiting, and what comes later is a hint of its own.
 */
export class ChangeQueue {
  private readonly runs = new Map<string, RunRef>();
  private readonly inExperiments = new Set<string>();
  private experiments = false;
  private everything = false;
  private since: number | undefined;
  private wake: (() => void) | undefined;

  /** @param settle milliseconds from the first hint until it is due */
  constructor(private readonly settle: number) {}

  add(hint: SourceChange): void {
    if (hint.type === 'run') this.runs.set(`${hint.ref.experimentId}/${hint.ref.runId}`, hint.ref);
    else if (hint.type === 'experiment') this.inExperiments.add(hint.id);
    else if (hint.type === 'experiments') this.experiments = true;
    else this.everything = true;
    if (this.since !== undefined) return;
    this.since = monotonicNow();
    this.wake?.();
  }

  /** All hints, if they are due. */
  take(): PendingChanges | undefined {
    if (this.since === undefined || monotonicNow() < this.since + this.settle) return undefined;
    const hints: PendingChanges = {
      everything: this.everything,
      experiments: this.experiments,
      inExperiments: new Set(this.inExperiments),
      runs: [...this.runs.values()],
      since: this.since,
    };
    this.runs.clear();
    this.inExperiments.clear();
    this.experiments = this.everything = false;
    this.since = undefined;
    return hints;
  }

  /** Resolves when hints are due (but not before `notBefore`), at the time `until`, or when `signal` is aborted. */
  async wait(until: number, notBefore: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const due = this.since === undefined ? until : Math.max(this.since + this.settle, notBefore);
      const rest = Math.min(due, until) - monotonicNow();
      if (rest <= 0) return;
      await this.pause(rest, signal);
    }
  }

  private pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(end, Math.min(milliseconds, 2 ** 31 - 1));
      signal.addEventListener('abort', end);
      this.wake = end;
    });
  }
}
