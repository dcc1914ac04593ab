import { runHash } from '../mapping/run-hash.js';
import type { RunSearch } from '../mlflow/common/run-search.js';
import { findRun } from '../mlflow/search/search-runs.js';
import type { ChosenRuns } from '../selection/chosen-runs.js';
import { runSearch } from '../selection/run-search.js';
import { selectsAllRuns } from '../selection/whole.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { Listing } from '../state/listing.js';
import type { WatchedSource } from './session.js';

/**
 * Decides which runs a watch follows: those that the last listing has chosen, and newer ones that meet the conditions. A run
 * that meets them only later is found by the next listing.
 */
export class RunChoice {
  /** Undefined if all runs of the experiments are chosen. */
  #search: RunSearch | undefined;
  readonly #rejected = new Set<string>();
  #chosen: ChosenRuns | undefined;

  constructor(private readonly source: Pick<WatchedSource, 'store' | 'selection'>) {
    this.#search = this.#searchNow();
  }

  /** Whether runs are chosen by more than their experiment. */
  get isOfRuns(): boolean {
    return this.#search !== undefined;
  }

  update({ chosen }: Pick<Listing, 'chosen'>): void {
    this.#chosen = chosen;
    this.#search = this.#searchNow();
    this.#rejected.clear();
  }

  /** What is told as a time ago is that time before now. */
  #searchNow(): RunSearch | undefined {
    const { selection } = this.source;
    return selectsAllRuns(selection) ? undefined : runSearch(selection);
  }

  /** Whether {@link includes} has just rejected the run: it need not be checked again unless the run itself has changed. */
  hasRejected(hash: string): boolean {
    return this.#rejected.has(hash);
  }

  async includes({ ref }: EnumeratedRun, signal: AbortSignal): Promise<boolean> {
    if (this.#search === undefined || this.#chosen?.has(ref.runId)) return true;
    const found = await findRun(this.source.store, ref, this.#search, signal);
    const earliest = this.#chosen?.earliest;
    const isChosen = found !== undefined && (earliest === undefined || (found.startTime ?? 0) > earliest);
    if (!isChosen) this.#rejected.add(runHash(ref.runId));
    return isChosen;
  }
}
