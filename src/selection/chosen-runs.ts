import type { FoundRun } from '../mlflow/common/run-search.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import { searchRuns } from '../mlflow/search/search-runs.js';
import type { Experiment, RunRef } from '../model.js';
import type { RunSelection } from '../options.js';
import { newestRuns } from './newest-runs.js';
import { runSearch } from './run-search.js';

/** A run that was found, and its experiment. */
export interface ChosenRun {
  readonly experiment: Experiment;
  readonly found: FoundRun;
}

/** The runs that a selection chooses among those of some experiments, all found at once. */
export class ChosenRuns {
  readonly #byExperiment = new Map<string, RunRef[]>();
  readonly #ids = new Set<string>();
  /**
   * Start time of the earliest of as many runs as may be chosen: one that is new and started later is chosen as well. Absent if there may
   * be more.
   */
  readonly earliest?: number;

  private constructor(runs: readonly ChosenRun[], maxRuns = Number.POSITIVE_INFINITY) {
    for (const { experiment, found } of runs) this.add(experiment, found.ref);
    if (runs.length >= maxRuns) {
      const startTime = ({ found }: ChosenRun) => found.startTime ?? Number.NEGATIVE_INFINITY;
      this.earliest = runs.reduce((least, run) => Math.min(least, startTime(run)), Number.POSITIVE_INFINITY);
    }
  }

  /** Searches these experiments. Rejects with a `fatal` error for conditions that cannot be used. */
  static async find(
    store: TrackingStore,
    experiments: readonly Experiment[],
    selection: RunSelection,
    signal: AbortSignal,
  ): Promise<ChosenRuns> {
    const search = runSearch(selection);
    const runs: ChosenRun[] = [];
    for (const experiment of experiments) {
      for await (const found of searchRuns(store, experiment, search, signal)) runs.push({ experiment, found });
    }
    const { maxRuns } = selection;
    return new ChosenRuns(maxRuns === undefined ? runs : newestRuns(runs, maxRuns), maxRuns);
  }

  /** Chooses one more. */
  add({ id }: Experiment, ref: RunRef): void {
    const refs = this.#byExperiment.get(id) ?? [];
    this.#byExperiment.set(id, refs);
    refs.push(ref);
    this.#ids.add(ref.runId);
  }

  /** Those of an experiment, as {@link TrackingStore.runs} lists them. */
  async *runs({ id }: Experiment): AsyncGenerator<RunRef> {
    yield* this.#byExperiment.get(id) ?? [];
  }

  has(runId: string): boolean {
    return this.#ids.has(runId);
  }

  hasSome({ id }: Experiment): boolean {
    return this.#byExperiment.has(id);
  }

  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }
}
