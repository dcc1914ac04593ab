import { runHash } from '../mapping/run-hash.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { Experiment } from '../model.js';
import { chooseExperiments, type EnumeratedRun, enumerateRuns, listExperiments } from '../stages/enumerate-runs.js';
import type { Ledger, LedgerPlace } from './ledger.js';

/** An experiment whose runs have been listed. */
export interface ListedExperiment {
  readonly id: string;
  readonly name: string;
  readonly runs: number;
}

/**
 * One walk through the runs of a source, which remembers whom it met: so it can tell, once it has come to its end
 * without an error, which converted runs are there no more.
 */
export class Listing {
  private readonly met = new Set<string>();
  private complete = false;

  private constructor(
    private readonly store: TrackingStore,
    private readonly all: readonly Experiment[],
    /** Those that are wanted. */
    readonly experiments: readonly Experiment[],
  ) {}

  /** Lists the experiments. Rejects with a `fatal` error when `wanted` names one that is not there. */
  static async begin(store: TrackingStore, wanted: readonly string[], signal: AbortSignal): Promise<Listing> {
    const all = await listExperiments(store, signal);
    return new Listing(store, all, chooseExperiments(all, wanted));
  }

  /** The runs of the wanted experiments; once only. */
  async *runs(listed: (experiment: ListedExperiment) => void, signal: AbortSignal): AsyncGenerator<EnumeratedRun> {
    const tell = ({ id, name }: Experiment, runs: number) => listed({ id, name, runs });
    for await (const run of enumerateRuns(this.store, this.experiments, tell, signal)) {
      this.met.add(runHash(run.ref.runId));
      yield run;
    }
    this.complete = true;
  }

  /** Takes note of a run that was met elsewhere while the listing is under way. */
  meet(hash: string): void {
    this.met.add(hash);
  }

  /**
   * The hashes of the converted runs of this source that are there no more. An experiment that is not listed may be one
   * that could not be read just now: its runs are asked for, and only those that are not there are missing. When there
   * is no experiment at all, the source is not what it was (a disk that is not mounted), and nothing is missing.
   */
  async missing(ledger: Ledger, signal: AbortSignal): Promise<string[]> {
    if (!this.complete || this.all.length === 0) return [];
    const wanted = new Set(this.experiments.map(({ id }) => id));
    const unseen = [...ledger.places(this.store.uri)].filter(({ hash }) => !this.met.has(hash));
    const missing = unseen.filter(({ experimentId }) => experimentId !== undefined && wanted.has(experimentId));
    if (wanted.size < this.all.length) return missing.map(({ hash }) => hash);
    const unlisted = unseen.filter(({ experimentId }) => experimentId !== undefined && !wanted.has(experimentId));
    return [...missing, ...(await this.withoutExperiment(unlisted, signal))].map(({ hash }) => hash);
  }

  private async withoutExperiment(places: readonly LedgerPlace[], signal: AbortSignal): Promise<LedgerPlace[]> {
    const there = new Set<string>();
    for (const id of new Set(places.map(({ experimentId }) => experimentId))) {
      if (id === undefined) continue;
      const unknown: Experiment = { id, name: id, lifecycleStage: 'deleted', tags: new Map() };
      try {
        for await (const { runId } of this.store.runs(unknown, signal)) there.add(runHash(runId));
      } catch {
        signal.throwIfAborted();
        return []; // what cannot be looked at may be there
      }
    }
    return places.filter(({ hash }) => !there.has(hash));
  }
}
