import type { ArtifactFile, Experiment, PointBatch, Run, RunRef, StageContext } from '../../model.js';

/**
 * What has become of one metric since its mark: points that came behind it in any number of batches, then `read` with the
 * mark behind them; or `rewritten`. Nothing, where nothing has.
 */
export type MetricChange =
  | { readonly type: 'points'; readonly key: string; readonly batch: PointBatch }
  | { readonly type: 'read'; readonly key: string; readonly mark: string }
  | { readonly type: 'rewritten'; readonly key: string };

/** What tells that something in a source may have changed: a directory or a file (absolute paths), or nothing but asking. */
export type Watchable =
  | { readonly type: 'directory'; readonly root: string }
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'poll' };

/** How many traces there are; `more` where counting them ended there. */
export interface TraceCount {
  readonly traces: number;
  readonly more: boolean;
}

/**
 * What every MLflow source can do. Methods are independent of each other and of call order; a store may be opened in
 * several threads at once, and a {@link RunRef} from one of them is understood by all.
 *
 * Errors are {@link ConvertError}s: `not-a-run` when a reference leads to no run (it was removed meanwhile, or never was
 * one), `skip-run` when this run cannot be read, `fatal` when the source as a whole cannot.
 * Everything smaller (a line, a file) is told through `context.notice` and passed over. An aborted signal rejects with
 * its reason at the next await.
 */
export interface TrackingStore {
  /** The tracking URI without credentials. */
  readonly uri: string;

  /** What was opened, for those who watch it; a file store's root is its directory. */
  readonly watchable: Watchable;

  /** How many threads may read from it at once; absent for as many as there are cores. */
  readonly maxThreads?: number;

  /** All experiments, deleted ones included, in a stable order. */
  experiments(signal: AbortSignal): AsyncIterable<Experiment>;

  /** All runs of one experiment, deleted ones included, in a stable order. Cheap: headers are not read here. */
  runs(experiment: Experiment, signal: AbortSignal): AsyncIterable<RunRef>;

  /**
   * Of an experiment's runs those that go on (RUNNING, SCHEDULED), deleted ones included, and those of `known` (ids of runs of
   * this experiment) that are still there; each once, as it is now. Costs what goes on, not what exists. Absent where events
   * tell which runs have changed.
   */
  activeRuns?(experiment: Experiment, known: readonly string[], signal: AbortSignal): AsyncIterable<RunRef>;

  /**
   * Which of these runs the source itself, asked for them, says that it does not have. One that may not be read, or of which
   * no answer came, is not among them. Absent where listing the runs is all that can be asked.
   */
  missingRuns?(runIds: readonly string[], signal: AbortSignal): Promise<string[]>;

  /** How many traces these experiments have; they are not read. None where the source knows no traces. */
  traces?(experiments: readonly Experiment[], signal: AbortSignal): Promise<TraceCount>;

  /**
   * A mark that changes whenever anything of the run (header, params, tags, points, artifacts, datasets, models) may
   * have changed; equal marks mean that reading again gives the same. Reads no history.
   */
  revision(ref: RunRef, signal: AbortSignal): Promise<string>;

  /** The header of a run. */
  run(ref: RunRef, context: StageContext): Promise<Run>;

  /** The keys of all metrics of a run, each once, in no particular order. */
  metricKeys(ref: RunRef, context: StageContext): Promise<string[]>;

  /**
   * The whole history of one metric in arrival order, in batches of at most some thousand points. An empty history
   * yields nothing. A store that has {@link changesSince} tells `marked`, before the end, the mark behind what was read.
   */
  history(
    ref: RunRef,
    metricKey: string,
    context: StageContext,
    marked?: (mark: string) => void,
  ): AsyncIterable<PointBatch>;

  /**
   * What was added to the metrics of a run behind these marks, by metric key; a metric without one is new and comes whole.
   * Marks are this store's own (an offset, a row number, a count), and stand for a place in the arrival order of a history.
   * A metric that has gone, that is no longer what it was up to its mark, or got a point that belongs before it, is
   * `rewritten`. Costs what was added, not what is there. Absent where a source can only be read whole.
   */
  changesSince?(ref: RunRef, marks: ReadonlyMap<string, string>, context: StageContext): AsyncIterable<MetricChange>;

  /**
   * A mark that changes whenever a file of the run may have been added, replaced or removed; undefined when that cannot
   * be told without reading them. Goes with {@link changesSince}.
   */
  artifactsRevision?(ref: RunRef, run: Run, signal: AbortSignal): Promise<string | undefined>;

  /** All files of a run, directories walked, sorted by path. An unreachable artifact location is a notice. */
  artifacts(ref: RunRef, run: Run, context: StageContext): AsyncIterable<ArtifactFile>;

  /** The bytes of a file that {@link artifacts} listed, as chunks. Rejects with `skip-item` when it cannot be read. */
  openArtifact(ref: RunRef, run: Run, file: ArtifactFile, signal: AbortSignal): AsyncIterable<Uint8Array>;

  /** Gives back connections and files. */
  close(): Promise<void>;
}
