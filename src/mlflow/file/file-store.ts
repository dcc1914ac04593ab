import { dirname, join, sep } from 'node:path';
import type { ExperimentFailure, Warn } from '../../events.js';
import type { NestedRuns } from '../../family.js';
import type { ArtifactFile, Experiment, PointBatch, Run, RunRef, StageContext } from '../../model.js';
import { DEFAULT_SOURCE } from '../../options.js';
import type { ArtifactOpener, ArtifactRepository } from '../artifacts/artifact-repository.js';
import { openArtifacts } from '../artifacts/open-artifacts.js';
import { EventLoopTurns } from '../common/event-loop.js';
import { META_FILE, METRICS, TRASH } from '../common/layout-names.js';
import type { FoundRun, RunSearch } from '../common/run-search.js';
import type { RunTotals } from '../common/run-totals.js';
import type {
  ChangeSignal,
  MetricChange,
  MetricEnd,
  RunExtent,
  TraceCount,
  TrackingStore,
} from '../common/tracking-store.js';
import { isDirectory, mayExist } from '../local/directories.js';
import { REGEX_LIKE } from '../search/like.js';
import { SearchMatchers } from '../search/search-matchers.js';
import { type Trust, type TrustOptions, trustOf } from '../trust/trust.js';
import { type ExperimentOptions, readExperiment } from './experiment.js';
import { findFileRun } from './find-run.js';
import { readFileChanges, readHistory } from './history.js';
import { extentOfFiles, type KeyFile, listFields } from './key-files.js';
import { experimentDirectories, listOrFail, listRuns, trashedDirectories } from './layout.js';
import { readMetricEnds } from './metric-ends.js';
import { ModelsByRun } from './models-by-run.js';
import { readNestedRuns } from './nested-runs.js';
import { readFileRun } from './read-run.js';
import { artifactsRevision, fileRevision } from './revision.js';
import { runArtifacts } from './run-artifacts.js';
import { entriesOf, hasEnded } from './run-directory.js';
import { fileRunTotals } from './run-totals.js';
import { countFileTraces } from './traces.js';

export interface FileStoreOptions {
  /** Receives a sentence about each experiment that MLflow ignores as well. By default a warning of the process. */
  readonly warn?: Warn;
  /** Receives a sentence about each experiment that is skipped because it cannot be read. */
  readonly failed?: (failure: ExperimentFailure) => void;
  /** Opens artifact locations that are not on this machine's file system; closed with the store. */
  readonly remoteArtifacts?: ArtifactOpener;
}

/** How a file store is read. */
export type FileStoreSettings = FileStoreOptions & TrustOptions;

/**
 * Reads MLflow's file store: a directory for each experiment, in it one for each run, in that one a file for each metric, param and
 * tag. Never writes or locks; MLflow may write meanwhile.
 *
 * Small files are read synchronously, which is fastest and blocks for microseconds; long metrics and artifacts are not.
 * The locator of a {@link RunRef} is the run's directory relative to the store, with `/`.
 */
export class FileStore implements TrackingStore {
  readonly uri: string;
  readonly changes: ChangeSignal;
  readonly #root: string;
  readonly #trust: Trust;
  readonly #experimentOptions: ExperimentOptions;
  readonly #remoteArtifacts: ArtifactOpener;
  readonly #turns = new EventLoopTurns();
  readonly #models = new ModelsByRun();
  readonly #matchers = new SearchMatchers(REGEX_LIKE);
  readonly #directories = new WeakMap<RunRef, string>();

  /** @param root the absolute path of the store's directory; see {@link findFileStore} */
  constructor(root: string, options: FileStoreSettings = {}) {
    this.#root = root;
    this.uri = root;
    this.changes = { type: 'directory', root };
    const warn = options.warn ?? (({ message }) => process.emitWarning(message));
    const failed = options.failed ?? (({ message }) => process.emitWarning(message));
    this.#trust = trustOf(options, { stores: [root], idsAreNames: true });
    this.#experimentOptions = { warn, failed, links: this.#trust.links };
    this.#remoteArtifacts = options.remoteArtifacts ?? openArtifacts({ root, ...DEFAULT_SOURCE });
  }

  async *experiments(signal: AbortSignal): AsyncGenerator<Experiment, void, void> {
    for (const id of listOrFail(this.#root, experimentDirectories)) {
      await this.#turns.pause(signal);
      const experiment = await readExperiment(join(this.#root, id), id, this.#experimentOptions, signal);
      if (experiment !== undefined) yield experiment;
    }
    for (const id of listOrFail(this.#root, trashedDirectories)) {
      await this.#turns.pause(signal);
      if (this.#placeOf(id) === id) {
        const message = `Experiment ${id} is in the store and also in its ${TRASH}; the deleted one is skipped.`;
        this.#experimentOptions.warn({ code: 'experiment-ignored', message });
        continue;
      }
      const experiment = await readExperiment(join(this.#root, TRASH, id), id, this.#experimentOptions, signal);
      if (experiment !== undefined) yield { ...experiment, lifecycleStage: 'deleted' };
    }
  }

  async *runs(experiment: Experiment, signal: AbortSignal): AsyncGenerator<RunRef, void, void> {
    await this.#turns.pause(signal);
    const place = this.#placeOf(experiment.id);
    const directory = join(this.#root, place);
    for (const runId of listRuns(directory)) {
      yield { runId, experimentId: experiment.id, locator: `${place}/${runId}` };
      await this.#turns.pause(signal);
    }
  }

  async findRun(ref: RunRef, search: RunSearch, signal: AbortSignal): Promise<FoundRun | undefined> {
    await this.#turns.pause(signal);
    const [matcher, links] = [this.#matchers.of(search), this.#trust.links];
    return findFileRun(ref, this.#directoryOf(ref), { search, matcher, links }, signal);
  }

  runTotals(experiment: Experiment, onRun: () => void, signal: AbortSignal): Promise<RunTotals> {
    return fileRunTotals(this.runs(experiment, signal), (ref) => this.#directoryOf(ref), onRun, signal);
  }

  async nestedRuns(experiment: Experiment, signal: AbortSignal): Promise<NestedRuns> {
    const directory = join(this.#root, this.#placeOf(experiment.id));
    return readNestedRuns(directory, this.runs(experiment, signal), this.#trust.links, signal);
  }

  async traces(experiments: readonly Experiment[], signal: AbortSignal): Promise<TraceCount> {
    const directories = experiments.map(({ id }) => join(this.#root, this.#placeOf(id)));
    return countFileTraces(directories, signal);
  }

  async revision(ref: RunRef, signal: AbortSignal): Promise<string> {
    await this.#turns.pause(signal);
    const directory = this.#directoryOf(ref);
    const made = this.#models.modelsOf(dirname(directory), ref.runId).ids;
    return fileRevision(this.#root, directory, { parts: entriesOf(ref, directory), made }, this.#trust);
  }

  async run(ref: RunRef, context: StageContext): Promise<Run> {
    await this.#turns.pause(context.signal);
    const directory = this.#directoryOf(ref);
    const made = this.#models.modelsOf(dirname(directory), ref.runId);
    return readFileRun(ref, directory, made, { ...context, links: this.#trust.links });
  }

  async metricKeys(ref: RunRef, context: StageContext): Promise<string[]> {
    await this.#turns.pause(context.signal);
    return this.#metricFiles(ref, context).map((file) => file.key);
  }

  async extent(ref: RunRef, context: StageContext): Promise<RunExtent> {
    await this.#turns.pause(context.signal);
    return extentOfFiles(this.#metricFiles(ref, context));
  }

  async metricEnds(ref: RunRef, context: StageContext): Promise<ReadonlyMap<string, MetricEnd | undefined>> {
    await this.#turns.pause(context.signal);
    return readMetricEnds(this.#metricFiles(ref, context), context.signal);
  }

  async *history(
    ref: RunRef,
    metricKey: string,
    context: StageContext,
    onCursor?: (cursor: string) => void,
  ): AsyncGenerator<PointBatch, void, void> {
    await this.#turns.pause(context.signal);
    const directory = this.#directoryOf(ref);
    const path = [directory, METRICS, ...metricKey.split('/')].join(sep);
    const runHasEnded = (): Promise<boolean> => hasEnded(ref, directory, context.signal);
    yield* readHistory({ key: metricKey, path, runHasEnded }, context, onCursor);
  }

  async *changesSince(
    ref: RunRef,
    cursors: ReadonlyMap<string, string>,
    context: StageContext,
  ): AsyncGenerator<MetricChange, void, void> {
    await this.#turns.pause(context.signal);
    const files = this.#metricFiles(ref, context);
    const gone = new Set(cursors.keys());
    for (const { key } of files) gone.delete(key);
    for (const file of files) yield* readFileChanges(file, cursors.get(file.key), context);
    for (const key of gone) yield { type: 'rewritten', key };
  }

  async artifactsRevision(ref: RunRef, run: Run, signal: AbortSignal): Promise<string | undefined> {
    await this.#turns.pause(signal);
    return artifactsRevision(this.#root, this.#directoryOf(ref), run.artifactUri, this.#trust);
  }

  async *artifacts(ref: RunRef, run: Run, context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    await this.#turns.pause(context.signal);
    yield* this.#artifactsOf(ref, run).list(context);
  }

  async *openArtifact(
    ref: RunRef,
    run: Run,
    file: ArtifactFile,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    await this.#turns.pause(signal);
    yield* this.#artifactsOf(ref, run).open(file, signal);
  }

  async close(): Promise<void> {
    await this.#remoteArtifacts.close();
  }

  #artifactsOf(ref: RunRef, run: Run): ArtifactRepository {
    const sources = { root: this.#root, trust: this.#trust, remote: this.#remoteArtifacts };
    return runArtifacts(this.#directoryOf(ref), run, sources);
  }

  #metricFiles(ref: RunRef, context: StageContext): KeyFile[] {
    const links = this.#trust.links;
    return listFields(join(this.#directoryOf(ref), METRICS), METRICS, { ...context, links });
  }

  /** Cached, since it is needed for each metric. */
  #directoryOf(ref: RunRef): string {
    let directory = this.#directories.get(ref);
    if (directory === undefined) {
      directory = join(this.#root, ...ref.locator.split('/'));
      this.#directories.set(ref, directory);
    }
    return directory;
  }

  /**
   * The experiment's directory relative to the store: deleting an experiment moves it to the trash. A directory without meta.yaml
   * may still contain runs.
   */
  #placeOf(experimentId: string): string {
    const trashed = `${TRASH}/${experimentId}`;
    if (mayExist(join(this.#root, experimentId, META_FILE))) return experimentId;
    return isDirectory(join(this.#root, trashed)) ? trashed : experimentId;
  }
}
