import { runHash } from '../mapping/run-hash.js';
import type { Experiment, RunRef } from '../model.js';
import { chosenExperiments } from '../selection/experiment-choice.js';
import { type EnumeratedRun, listExperiments } from '../stages/enumerate-runs.js';
import type { PendingChanges } from './change-queue.js';
import type { RunChoice } from './run-choice.js';
import type { WatchedLedger, WatchedSource } from './session.js';
import type { Tracker } from './tracker.js';

export interface ChangedRun {
  readonly hash: string;
  readonly run: EnumeratedRun;
}

/** Finds the chosen runs that changes are about. */
export class ChangedRuns {
  private readonly found = new Map<string, EnumeratedRun>();

  constructor(
    private readonly source: Pick<WatchedSource, 'store' | 'selection'>,
    private readonly tracker: Tracker,
    private readonly ledger: Pick<WatchedLedger, 'get'>,
    private readonly choice: RunChoice,
  ) {}

  async find(changes: PendingChanges, signal: AbortSignal): Promise<ChangedRun[]> {
    const ids = [...changes.inExperiments, ...changes.runs.map((ref) => ref.experimentId)];
    if (changes.experiments || ids.some((id) => this.tracker.experiment(id) === undefined)) {
      for (const experiment of await this.changedExperiments(signal)) await this.addAll(experiment, () => true, signal);
    }
    for (const id of changes.inExperiments) {
      const experiment = this.tracker.experiment(id);
      const isNew = (hash: string) => this.ledger.get(hash) === undefined && !this.choice.hasRejected(hash);
      if (experiment !== undefined) await this.addAll(experiment, isNew, signal);
    }
    for (const ref of changes.runs) {
      const experiment = this.tracker.experiment(ref.experimentId);
      if (experiment !== undefined) this.add(experiment, ref);
    }
    const chosen: ChangedRun[] = [];
    for (const [hash, run] of this.found) {
      if (this.tracker.isFollowed(hash) || (await this.choice.includes(run, signal))) chosen.push({ hash, run });
    }
    return chosen;
  }

  private async changedExperiments(signal: AbortSignal): Promise<Experiment[]> {
    const all = await listExperiments(this.source.store, signal);
    return this.tracker.updateExperiments(chosenExperiments(all, this.source.selection));
  }

  private async addAll(experiment: Experiment, passes: (hash: string) => boolean, signal: AbortSignal): Promise<void> {
    for await (const ref of this.source.store.runs(experiment, signal)) {
      if (passes(runHash(ref.runId))) this.add(experiment, ref);
    }
  }

  /** Of two runs with one id, the first in the listing is converted; only a complete listing can tell which that is. */
  private add(experiment: Experiment, ref: RunRef): void {
    const hash = runHash(ref.runId);
    const known = this.ledger.get(hash)?.experimentId;
    if (known === undefined || known === ref.experimentId) this.found.set(hash, { experiment, ref });
  }
}
