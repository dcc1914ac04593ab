import { runHash } from '../mapping/run-hash.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { Experiment, RunRef } from '../model.js';
import { type EnumeratedRun, isWanted, listExperiments } from '../stages/enumerate-runs.js';
import type { Ledger } from '../state/ledger.js';
import type { PendingChanges } from './change-queue.js';
import type { Tracker } from './tracker.js';

export interface HintedRun {
  readonly hash: string;
  readonly run: EnumeratedRun;
}

/** Finds the runs that hints lead to. */
export class ChangedRuns {
  private readonly found = new Map<string, EnumeratedRun>();

  constructor(
    private readonly store: TrackingStore,
    /** Ids or names; empty means all. */
    private readonly wanted: readonly string[],
    private readonly tracker: Tracker,
    private readonly ledger: Ledger,
  ) {}

  async runs(hints: PendingChanges, signal: AbortSignal): Promise<HintedRun[]> {
    const unknown = [...hints.inExperiments, ...hints.runs.map((ref) => ref.experimentId)];
    if (hints.experiments || unknown.some((id) => this.tracker.experiment(id) === undefined)) {
      for (const experiment of await this.changedExperiments(signal)) await this.addAll(experiment, () => true, signal);
    }
    for (const id of hints.inExperiments) {
      const experiment = this.tracker.experiment(id);
      const isNew = (hash: string) => this.ledger.get(hash) === undefined;
      if (experiment !== undefined) await this.addAll(experiment, isNew, signal);
    }
    for (const ref of hints.runs) {
      const experiment = this.tracker.experiment(ref.experimentId);
      if (experiment !== undefined) this.add(experiment, ref);
    }
    return [...this.found].map(([hash, run]) => ({ hash, run }));
  }

  private async changedExperiments(signal: AbortSignal): Promise<Experiment[]> {
    const all = await listExperiments(this.store, signal);
    return this.tracker.experiments(all.filter((experiment) => isWanted(experiment, this.wanted)));
  }

  private async addAll(experiment: Experiment, passes: (hash: string) => boolean, signal: AbortSignal): Promise<void> {
    for await (const ref of this.store.runs(experiment, signal)) {
      if (passes(runHash(ref.runId))) this.add(experiment, ref);
    }
  }

  /** Of two runs of one id the first in the listing counts, which only a walk through all of them can tell. */
  private add(experiment: Experiment, ref: RunRef): void {
    const hash = runHash(ref.runId);
    const known = this.ledger.get(hash)?.experimentId;
    if (known === undefined || known === ref.experimentId) this.found.set(hash, { experiment, ref });
  }
}
