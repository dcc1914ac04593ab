import type { ExperimentFailure, Retry, Warn } from '../../events.js';
import type { NestedRuns } from '../../family.js';
import type { ArtifactFile, Experiment, PointBatch, Run, RunRef, StageContext } from '../../model.js';
import type { MetricPoint } from './arrival-order.js';
import type { FoundRun, RunSearch } from './run-search.js';
import type { RunTotals } from './run-totals.js';

/**
 * What happened to one metric since its cursor: either any number of `points`, then `read` with the cursor behind them, or
 * `rewritten`. An unchanged metric yields nothing, or `read` alone.
 */
export type MetricChange =
  | { readonly type: 'points'; readonly key: string; readonly batch: PointBatch }
  | { readonly type: 'read'; readonly key: string; readonly cursor: string }
  | { readonly type: 'rewritten'; readonly key: string };

/** How to notice that a source may have changed: watch a directory tree or a file (absolute paths), or poll the source. */
export type ChangeSignal =
  | { readonly type: 'directory'; readonly root: string }
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'poll' };

/** How much there is to read of a run. */
export interface RunExtent {
  readonly metrics: number;
  /** About how many; exact where {@link isExact}. */
  readonly points: number;
  readonly isExact: boolean;
}

/** What is known of a metric without its history. */
export interface MetricEnd {
  /** How many points it has; undefined where counting them is reading them. */
  readonly points: number | undefined;
  /**
   * One of its points: of those at its step the last to arrive, as far as they arrive in the order of their times.
   */
  readonly latest: MetricPoint;
}

/** A number of traces; `more` if counting stopped there. */
export interface TraceCount {
  readonly traces: number;
  readonly more: boolean;
}

/**
 * What every MLflow source can do. Methods are independent of each other and of call order. A store may be opened in several
 * threads at once, and a {@link RunRef} from one of them is valid in all.
 *
 * Errors are {@link ConvertError}s: `not-a-run` if a reference leads to no run (it has been removed, or never was one),
 * `skip-run` if this run cannot be read, `fatal` if the source as a whole cannot. Smaller losses (a line, a file) are skipped
 * and reported through `context.notice`. An aborted signal rejects with its reason at the next await.
 */
export interface TrackingStore {
  /** The tracking URI without credentials. */
  readonly uri: string;

  /** What to watch, as it was opened: the path of `sqlite:///my%20db.db` is the decoded one. Nobody parses the URI again. */
  readonly changes: ChangeSignal;

  /** How many threads may read from the source at once; absent for one per core. */
  readonly maxThreads?: number;

  /** Lists all experiments, including deleted ones, in a stable order. */
  experiments(signal: AbortSignal): AsyncIterable<Experiment>;

  /** Lists all runs of an experiment, including deleted ones, in a stable order. Cheap: reads no headers. */
  runs(experiment: Experiment, signal: AbortSignal): AsyncIterable<RunRef>;

  /**
   * Lists those of {@link runs}, in the same order, that meet all conditions. Reads of a run only what the conditions need, and no
   * history where there is another way to a last value. Rejects with a `fatal` error for a filter that the source refuses. Absent if
   * all runs have to be listed and looked at one by one.
   */
  searchRuns?(experiment: Experiment, search: RunSearch, signal: AbortSignal): AsyncIterable<FoundRun>;

  /**
   * The run, if it meets all conditions; rejects if that cannot be told. As {@link searchRuns}, for one run at a time. Absent if
   * {@link run} and {@link history} are the cheapest way to find out.
   */
  findRun?(ref: RunRef, search: RunSearch, signal: AbortSignal): Promise<FoundRun | undefined>;

  /**
   * Lists active runs (RUNNING, SCHEDULED), including deleted ones, plus those in `known` (run ids of this experiment) that
   * still exist; each once. Cost follows active and known runs. Absent if events tell which runs have changed.
   */
  activeRuns?(experiment: Experiment, known: readonly string[], signal: AbortSignal): AsyncIterable<RunRef>;

  /**
   * Returns those of these runs that the source says it does not have. A run that cannot be read, or for which there was no
   * answer, is not among them. Absent if the only way to find out is to list all runs.
   */
  missingRuns?(runIds: readonly string[], signal: AbortSignal): Promise<string[]>;

  /**
   * Counts the runs of an experiment, as cheaply as the source allows. Absent if the header of each has to be read.
   *
   * @param onRun called for each run where they are read one by one
   */
  runTotals?(experiment: Experiment, onRun: () => void, signal: AbortSignal): Promise<RunTotals>;

  /**
   * The runs of an experiment that have a parent or are one, deleted ones included; of a parent that is gone only the id. Absent if
   * the source knows of none.
   */
  nestedRuns?(experiment: Experiment, signal: AbortSignal): Promise<NestedRuns>;

  /** Counts the traces of these experiments, without reading them. Absent if the source has no traces. */
  traces?(experiments: readonly Experiment[], signal: AbortSignal): Promise<TraceCount>;

  /**
   * Changes whenever anything of the run (header, params, tags, points, artifacts, datasets, models) may have changed; equal
   * revisions mean that reading again gives the same. Reads no history.
   */
  revision(ref: RunRef, signal: AbortSignal): Promise<string>;

  /** Reads the header of a run. */
  run(ref: RunRef, context: StageContext): Promise<Run>;

  /** Returns the keys of all metrics of a run, each once, in no particular order. */
  metricKeys(ref: RunRef, context: StageContext): Promise<string[]>;

  /**
   * How many metrics and points a run has, as far as that is known without reading histories; for plans. Absent if that is not
   * known at all.
   */
  extent?(ref: RunRef, context: StageContext): Promise<RunExtent>;

  /**
   * What the source knows of all metrics of a run without handing on their histories, by the keys of {@link metricKeys}; undefined of a
   * metric where only its history tells. Absent if that is so of all.
   */
  metricEnds?(ref: RunRef, context: StageContext): Promise<ReadonlyMap<string, MetricEnd | undefined>>;

  /**
   * Reads the whole history of one metric in arrival order, in batches of at most a few thousand points. An empty history
   * yields nothing. If the store has {@link changesSince}, `onCursor` is called before the end with the cursor behind the
   * last point.
   */
  history(
    ref: RunRef,
    metricKey: string,
    context: StageContext,
    onCursor?: (cursor: string) => void,
  ): AsyncIterable<PointBatch>;

  /**
   * Reads what was added to a run's metrics since these cursors, by metric key; a metric without a cursor is new and is read
   * whole. A cursor is private to the store (an offset, a row number, a count) and marks a position in the arrival order of a
   * history. A metric is `rewritten` if it no longer exists, if it changed before its cursor, or if it got a point that belongs
   * before it. Cost follows what was added. Absent if the source can only be read whole.
   */
  changesSince?(ref: RunRef, cursors: ReadonlyMap<string, string>, context: StageContext): AsyncIterable<MetricChange>;

  /**
   * Changes whenever a file of the run may have been added, replaced or removed; undefined if that is not known without
   * reading the files. Goes with {@link changesSince}.
   */
  artifactsRevision?(ref: RunRef, run: Run, signal: AbortSignal): Promise<string | undefined>;

  /** Lists all files of a run recursively, sorted by path. An unreachable artifact location is a notice. */
  artifacts(ref: RunRef, run: Run, context: StageContext): AsyncIterable<ArtifactFile>;

  /** Reads the bytes of a file that {@link artifacts} listed, in chunks. Rejects with `skip-item` if it cannot be read. */
  openArtifact(ref: RunRef, run: Run, file: ArtifactFile, signal: AbortSignal): AsyncIterable<Uint8Array>;

  /** Releases connections and files. */
  close(): Promise<void>;
}

/** Who hears of what concerns more than one run. */
export interface StoreListener {
  readonly warn: Warn;
  /** An experiment is left out, with its runs, because it cannot be read. */
  readonly failed: (failure: ExperimentFailure) => void;
  /** A request has failed and is going to be repeated. */
  readonly retrying: (retry: Retry) => void;
}

/** Opens a source. Throws a `fatal` {@link ConvertError} if there is none. */
export type OpenStore = (listener: StoreListener) => TrackingStore;
