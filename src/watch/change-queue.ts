import { monotonicNow } from '../clock.js';
import type { RunRef } from '../model.js';
import { sleep } from '../wait.js';

/** What may have changed in a source, according to events. A change is only a hint: it says what to read. */
export type SourceChange =
  | { readonly type: 'run'; readonly ref: RunRef }
  /** Runs were added to or removed from this experiment (MLflow's id); which ones is not known. */
  | { readonly type: 'experiment'; readonly id: string }
  /** The experiments themselves. */
  | { readonly type: 'experiments' }
  | { readonly type: 'everything' };

/** Changes that were taken together, without duplicates. */
export interface PendingChanges {
  readonly everything: boolean;
  readonly experiments: boolean;
  readonly inExperiments: ReadonlySet<string>;
  /** By run id and experiment. */
  readonly runs: readonly RunRef[];
  /** When the first of them was added; milliseconds of a monotonic clock. */
  readonly since: number;
}

/**
 * Collects changes until they are taken. They are due shortly after the first of them, however many follow: a run that is
 * written to all the time must not wait for ever.
 */
export class ChangeQueue {
  private readonly runs = new Map<string, RunRef>();
  private readonly inExperiments = new Set<string>();
  private experiments = false;
  private everything = false;
  private since: number | undefined;
  private wake: (() => void) | undefined;

  /** @param settle milliseconds from the first change until they are due */
  constructor(private readonly settle: number) {}

  add(change: SourceChange): void {
    if (change.type === 'run') this.runs.set(`${change.ref.experimentId}/${change.ref.runId}`, change.ref);
    else if (change.type === 'experiment') this.inExperiments.add(change.id);
    else if (change.type === 'experiments') this.experiments = true;
    else this.everything = true;
    if (this.since !== undefined) return;
    this.since = monotonicNow();
    this.wake?.();
  }

  /** All changes, if they are due. */
  take(): PendingChanges | undefined {
    if (this.since === undefined || monotonicNow() < this.since + this.settle) return undefined;
    const changes: PendingChanges = {
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
    return changes;
  }

  /** Resolves when changes are due (but not before `notBefore`), at the time `until`, or when `signal` is aborted. */
  async wait(until: number, notBefore: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const due = this.since === undefined ? until : Math.max(this.since + this.settle, notBefore);
      const rest = Math.min(due, until) - monotonicNow();
      if (rest <= 0) return;
      await this.pause(rest, signal);
    }
  }

  /** Also ends when the first change is added. */
  private async pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    const nap = new AbortController();
    const wake = () => nap.abort();
    this.wake = wake;
    signal.addEventListener('abort', wake);
    await sleep(milliseconds, nap.signal).catch(() => {});
    signal.removeEventListener('abort', wake);
    this.wake = undefined;
  }
}
