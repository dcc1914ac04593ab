import { ConvertError } from '../../errors.js';
import type { NestedRuns } from '../../family.js';
import type { ArtifactFile, Experiment, PointBatch, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactOpener } from '../artifacts/artifact-repository.js';
import { listingDigest } from '../artifacts/listing-digest.js';
import { columnsOf, type MetricPoint } from '../common/arrival-order.js';
import { MeasuredOfRuns, type MeasuredPoints } from '../common/measured-points.js';
import { NestingBuilder } from '../common/nesting.js';
import type { FoundRun, RunSearch } from '../common/run-search.js';
import type { RunTotals } from '../common/run-totals.js';
import type { ChangeSignal, MetricChange, RunExtent, TraceCount, TrackingStore } from '../common/tracking-store.js';
import type { HttpClient } from '../http/http-client.js';
import { ServerArtifacts } from './artifacts/server-artifacts.js';
import { listExperiments } from './experiments.js';
import { historyChanges } from './history-changes.js';
import { HistoryClient } from './history-client.js';
import { HistoryCursorBuilder } from './history-cursor.js';
import { type Locator, NO_LIST, UNLISTED, unpackLocator } from './locator.js';
import { fetchMeasured, fetchModels, isServerError } from './logged-models.js';
import { findMissingRuns } from './missing-runs.js';
import { Prefetcher } from './prefetcher.js';
import { listActiveRuns, listNestedRuns, listRecords } from './run-listing.js';
import { extentOf, type LatestPoint } from './run-record.js';
import { searchServerRuns } from './run-search.js';
import { serverRunTotals } from './run-totals.js';
import { byDataset, type ServerPoints } from './server-points.js';
import { ServerRuns } from './server-runs.js';
import { countServerTraces } from './traces.js';

const MODELS_PATH = '/api/2.0/mlflow/logged-models';

export interface RestStoreOptions {
  /** Opens artifacts; by default all of them come through the server. */
  readonly artifacts?: ArtifactOpener;
}

/**
 * An MLflow tracking server (1.30, 2.x, 3.x), read over its REST interface; nothing on it is changed.
 *
 * The locator of a {@link RunRef} is a {@link Locator}. The server is the bottleneck, so only one thread reads from it, which
 * can combine requests.
 */
export class RestStore implements TrackingStore {
  readonly uri: string;
  readonly changes: ChangeSignal = { type: 'poll' };
  readonly maxThreads = 1;
  readonly #client: HttpClient;
  readonly #artifacts: ArtifactOpener;
  readonly #closing = new AbortController();
  readonly #histories: HistoryClient;
  readonly #loader: ServerRuns;
  readonly #prefetcher: Prefetcher;
  readonly #measured: MeasuredOfRuns;
  readonly #nested = new Map<string, NestedRuns>(); // of the last listings

  constructor(client: HttpClient, { artifacts }: RestStoreOptions = {}) {
    this.#client = client;
    this.uri = client.server.shown;
    this.#artifacts = artifacts ?? new ServerArtifacts(client);
    this.#histories = new HistoryClient(client);
    this.#measured = new MeasuredOfRuns((ref, signal) =>
      fetchMeasured(client, unpackLocator(ref).measured, ref.runId, signal),
    );
    this.#loader = new ServerRuns(client);
    this.#prefetcher = new Prefetcher(this.#loader, this.#histories, client.concurrency, this.#closing.signal);
  }

  experiments(signal: AbortSignal): AsyncIterable<Experiment> {
    return listExperiments(this.#client, signal);
  }

  async *runs(experiment: Experiment, signal: AbortSignal): AsyncGenerator<RunRef, void, void> {
    const nesting = new NestingBuilder();
    for await (const { record, ref } of listRecords(this.#client, experiment, [undefined], signal)) {
      nesting.addHeader(ref.runId, record.run);
      yield ref;
    }
    this.#nested.set(experiment.id, nesting.finish());
  }

  async nestedRuns(experiment: Experiment, signal: AbortSignal): Promise<NestedRuns> {
    return this.#nested.get(experiment.id) ?? listNestedRuns(this.#client, experiment, signal);
  }

  searchRuns(experiment: Experiment, search: RunSearch, signal: AbortSignal): AsyncIterable<FoundRun> {
    return searchServerRuns(this.#client, experiment, search, signal);
  }

  runTotals({ id }: Experiment, onRun: () => void, signal: AbortSignal): Promise<RunTotals> {
    return serverRunTotals(this.#client, id, onRun, signal);
  }

  activeRuns(experiment: Experiment, known: readonly string[], signal: AbortSignal): AsyncIterable<RunRef> {
    return listActiveRuns(this.#client, experiment, known, signal);
  }

  traces(experiments: readonly Experiment[], signal: AbortSignal): Promise<TraceCount> {
    const ids = experiments.map(({ id }) => id);
    return countServerTraces(this.#client, ids, signal);
  }

  missingRuns(runIds: readonly string[], signal: AbortSignal): Promise<string[]> {
    return findMissingRuns(this.#client, runIds, signal);
  }

  /**
   * What the listing showed of the run: its header, the latest point of each metric, its models. For an active run also its
   * artifacts; those of a run that has ended are taken as final.
   */
  async revision(ref: RunRef, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const { digest: header, active, modelsDigest } = unpackLocator(ref);
    const seen = modelsDigest === NO_LIST ? header : header + modelsDigest;
    if (!active) return seen;
    const { run } = await this.#loader.one(ref, signal);
    return seen + (await listingDigest(this.#artifacts.at(ref.runId, run.artifactUri), signal));
  }

  async run(ref: RunRef, context: StageContext): Promise<Run> {
    const { run, outputs } = await this.#prefetcher.record(ref, context.signal);
    const { models, modelsDigest } = unpackLocator(ref);
    const onUnreadable = (detail: string): void =>
      context.notice({ kind: 'field-unreadable', field: 'models', file: this.uri, detail, unread: { part: 'models' } });
    if (modelsDigest === UNLISTED) onUnreadable('The server did not list the logged models of the experiment.');
    if (modelsDigest === NO_LIST) context.absent?.({ part: 'models', directory: `${this.uri}${MODELS_PATH}` });
    const ids = [...new Set([...outputs.keys(), ...models])].sort();
    return { ...run, models: await fetchModels(this.#client, ids, outputs, onUnreadable, context.signal) };
  }

  async metricKeys(ref: RunRef, { signal }: StageContext): Promise<string[]> {
    return [...(await this.#prefetcher.latest(ref, signal)).keys()];
  }

  async extent(ref: RunRef, { signal }: StageContext): Promise<RunExtent> {
    return extentOf(await this.#prefetcher.latest(ref, signal));
  }

  /** How many points there are the server does not say; a step beyond 2^53 is no longer exact when its JSON has been read. */
  async metricEnds(ref: RunRef, { signal }: StageContext) {
    const ends = new Map<string, { points: undefined; latest: MetricPoint } | undefined>();
    for (const [key, latest] of await this.#prefetcher.latest(ref, signal)) {
      const isExact = Number.isSafeInteger(Number(latest.step));
      ends.set(
        key,
        isExact ? { points: undefined, latest: await this.#histories.asLogged(latest, signal) } : undefined,
      );
    }
    return ends;
  }

  async *history(
    ref: RunRef,
    metricKey: string,
    context: StageContext,
    onCursor?: (cursor: string) => void,
  ): AsyncGenerator<PointBatch, void, void> {
    const { signal } = context;
    // before any point is read: the next listing shows what comes meanwhile
    const latest = (await this.#prefetcher.latest(ref, signal)).get(metricKey);
    if (latest === undefined) return;
    const measured = await this.#measuredOf(ref, metricKey, context);
    if (measured === undefined) return;
    const builder = new HistoryCursorBuilder();
    for await (const points of this.#points(ref, metricKey, signal)) {
      builder.add(points);
      for (const batch of byDataset(points)) {
        if (batch.dataset === undefined) yield* measured.split(metricKey, batch);
        else yield batch;
      }
      signal.throwIfAborted();
    }
    if (builder.points > 0) onCursor?.(builder.cursor(latest.state));
    else yield* this.#onlyLatest(metricKey, latest, context);
  }

  /** Undefined if the server does not return a model that tells datasets: then nothing of the metric is read. */
  async #measuredOf(ref: RunRef, key: string, { signal, notice }: StageContext): Promise<MeasuredPoints | undefined> {
    try {
      return await this.#measured.of(ref, signal);
    } catch (cause) {
      if (!isServerError(cause)) throw cause;
      const unread = { part: 'metrics' as const, item: key };
      notice({ kind: 'field-unreadable', field: key, file: this.uri, detail: cause.message, unread });
      return undefined;
    }
  }

  /** The points of a metric. It is listed, so it has some: if there are none, it is requested again. */
  async *#points(ref: RunRef, key: string, signal: AbortSignal): AsyncGenerator<ServerPoints, void, void> {
    const first = await this.#prefetcher.start(ref, key, signal);
    const isEmpty = first.length === 0 && first.next === undefined && first.unpaged === undefined;
    const start = isEmpty ? await this.#histories.startAlone(ref.runId, key, signal) : first;
    yield* start.batches;
    yield* this.#histories.rest(ref.runId, key, start, signal);
  }

  /** If the points of a metric were deleted, MLflow still has the latest. */
  async *#onlyLatest(
    metric: string,
    latest: LatestPoint,
    { signal, notice }: StageContext,
  ): AsyncGenerator<PointBatch, void, void> {
    notice({ kind: 'history-missing', metric });
    yield columnsOf(await this.#histories.asLogged(latest, signal));
  }

  async *changesSince(
    ref: RunRef,
    cursors: ReadonlyMap<string, string>,
    { signal }: StageContext,
  ): AsyncGenerator<MetricChange, void, void> {
    const latest = await this.#prefetcher.latest(ref, signal);
    if (unpackLocator(ref).measured.length > 0) {
      // a model may tell the dataset of a point that has been read before
      for (const key of latest.keys()) yield { type: 'rewritten', key };
    } else yield* historyChanges(this.#histories, ref.runId, { latest, cursors }, signal);
  }

  artifactsRevision(ref: RunRef, run: Run, signal: AbortSignal): Promise<string> {
    return listingDigest(this.#artifacts.at(ref.runId, run.artifactUri), signal);
  }

  artifacts(ref: RunRef, run: Run, context: StageContext): AsyncIterable<ArtifactFile> {
    return this.#artifacts.at(ref.runId, run.artifactUri).list(context);
  }

  openArtifact(ref: RunRef, run: Run, file: ArtifactFile, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#artifacts.at(ref.runId, run.artifactUri).open(file, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new ConvertError('fatal', 'cancelled', `Reading from the tracking server ${this.uri} has been stopped.`),
    );
    await this.#artifacts.close();
    await this.#client.close();
  }
}
