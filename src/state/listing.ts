import { runHash } from '../mapping/run-hash.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { Experiment } from '../model.js';
import type { RunSelection } from '../options.js';
import { ChosenRuns } from '../selection/chosen-runs.js';
import { chooseExperiments } from '../selection/experiment-choice.js';
import { selectsAll, selectsAllRuns } from '../selection/whole.js';
import { type EnumeratedRun, enumerateRuns, listExperiments } from '../stages/enumerate-runs.js';
import type { LedgerPlace, LedgerRun } from './ledger.js';

/** An experiment whose runs have been listed. */
export interface ListedExperiment {
  readonly id: string;
  readonly name: string;
  readonly runs: number;
}

/** Of the ledger: where the converted runs of a source lie. */
export interface PlacesOf {
  places(source: string): Iterable<LedgerPlace>;
}

/** Of the ledger: which runs of a source Aim has as active. */
export interface ActiveOf {
  active(source: string): readonly LedgerRun[];
}

/**
 * One listing of the runs of a source. It remembers which runs it has seen, so that a listing that reached its end without
 * an error can tell which converted runs are missing from the source.
 */
export class Listing {
  private readonly seen = new Set<string>();
  private complete = false;

  private constructor(
    private readonly store: TrackingStore,
    private readonly all: readonly Experiment[],
    /** The chosen experiments. */
    readonly experiments: readonly Experiment[],
    /** The selection; once the listing has ended, nothing is known about the rest of the source. */
    private readonly selection: RunSelection,
    /** Absent if all runs of the chosen experiments are chosen. */
    readonly chosen?: ChosenRuns,
  ) {}

  /**
   * Lists the experiments and, if there are conditions on single runs, finds all runs that meet them. Rejects with a `fatal` error when
   * the selection names an experiment that is not there, or has a filter that cannot be used.
   */
  static async begin(store: TrackingStore, selection: RunSelection, signal: AbortSignal): Promise<Listing> {
    const all = await listExperiments(store, signal);
    const experiments = chooseExperiments(all, selection);
    if (selectsAllRuns(selection)) return new Listing(store, all, experiments, selection);
    return new Listing(
      store,
      all,
      experiments,
      selection,
      await ChosenRuns.find(store, experiments, selection, signal),
    );
  }

  /**
   * Chooses also the runs that Aim has as active, of the chosen experiments and ids: a run is read to its end, even if it has ended since
   * and no longer meets the other conditions. Before {@link runs}.
   */
  async addActive(ledger: ActiveOf, signal: AbortSignal): Promise<void> {
    const { chosen, selection } = this;
    if (chosen === undefined) return;
    const wanted = selection.runIds && new Set(selection.runIds);
    const active = ledger.active(this.store.uri);
    const isLeft = ({ runId }: LedgerRun) => !chosen.has(runId) && wanted?.has(runId) !== false;
    for (const experiment of this.experiments) {
      const left = active.filter((run) => run.experimentId === experiment.id && isLeft(run));
      if (left.length === 0) continue;
      const ids = new Set(left.map(({ runId }) => runId));
      const refs = this.store.activeRuns?.(experiment, [...ids], signal) ?? this.store.runs(experiment, signal);
      for await (const ref of refs) if (ids.has(ref.runId)) chosen.add(experiment, ref);
    }
  }

  /** Nothing is left out, so that the source is known as a whole when the listing has ended. */
  get isWhole(): boolean {
    return selectsAll(this.selection);
  }

  /** All experiments of the source, chosen or not. */
  get everyExperiment(): readonly Experiment[] {
    return this.all;
  }

  /** The chosen experiments, without those that have no chosen run. */
  get concerned(): readonly Experiment[] {
    return this.experiments.filter((experiment) => this.chosen?.hasSome(experiment) !== false);
  }

  /**
   * Ids in the selection that the source does not have; empty if there are other conditions, which such a run may not meet.
   */
  get unknownRunIds(): string[] {
    const { runIds = [], ...others } = this.selection;
    return selectsAll(others) ? runIds.filter((runId) => this.chosen?.has(runId) === false) : [];
  }

  /** The chosen runs; may be called once. @param onAllListed called when no experiment is left to be listed */
  async *runs(
    onListed: (experiment: ListedExperiment) => void,
    signal: AbortSignal,
    onAllListed: () => void = () => {},
  ): AsyncGenerator<EnumeratedRun> {
    const onExperiment = ({ id, name }: Experiment, runs: number) => onListed({ id, name, runs });
    for await (const run of enumerateRuns(this.chosen ?? this.store, this.concerned, onExperiment, signal)) {
      this.seen.add(runHash(run.ref.runId));
      yield run;
    }
    this.complete = true;
    onAllListed();
  }

  /** The run is known to exist from another place: it may have appeared after its experiment was listed. */
  markSeen(hash: string): void {
    this.seen.add(hash);
  }

  /**
   * The hashes of the converted runs that this source no longer has. Empty unless the listing is complete, and empty if
   * single runs were chosen: the others may exist. An experiment that was not listed may just have been unreadable: the
   * source is asked for its runs, and only those it does not have are missing. If no experiment was listed at all, the
   * source is not what it was (a disk that is not mounted), and nothing is missing.
   */
  async missing(ledger: PlacesOf, signal: AbortSignal): Promise<string[]> {
    if (!this.complete || this.chosen !== undefined || this.all.length === 0) return [];
    const wanted = new Set(this.experiments.map(({ id }) => id));
    const unseen = [...ledger.places(this.store.uri)].filter(({ hash }) => !this.seen.has(hash));
    const missing = unseen.filter(({ experimentId }) => experimentId !== undefined && wanted.has(experimentId));
    if (!this.isWhole) return missing.map(({ hash }) => hash);
    const unlisted = unseen.filter(({ experimentId }) => experimentId !== undefined && !wanted.has(experimentId));
    return [...missing, ...(await this.withoutExperiment(unlisted, signal))].map(({ hash }) => hash);
  }

  private async withoutExperiment(places: readonly LedgerPlace[], signal: AbortSignal): Promise<LedgerPlace[]> {
    const found = new Set<string>();
    for (const id of new Set(places.map(({ experimentId }) => experimentId))) {
      if (id === undefined) continue;
      const unknown: Experiment = { id, name: id, lifecycleStage: 'deleted', tags: new Map() };
      try {
        for await (const { runId } of this.store.runs(unknown, signal)) found.add(runHash(runId));
      } catch {
        signal.throwIfAborted();
        return []; // what cannot be listed may still exist
      }
    }
    return places.filter(({ hash }) => !found.has(hash));
  }
}
