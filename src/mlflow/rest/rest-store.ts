import pLimit from 'p-limit';
import { ConvertError, toConvertError } from '../../errors.js';
import type { ArtifactFile, Experiment, PointBatch, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactOpener } from '../artifacts/artifact-repository.js';
import { listingDigest } from '../artifacts/listing-digest.js';
import type { ChangeSignal, MetricChange, TraceCount, TrackingStore } from '../common/tracking-store.js';
import type { HttpClient } from '../http/http-client.js';
import { isResourceMissing, responseErrorOf } from '../http/response-error.js';
import { ServerArtifacts } from './artifacts/server-artifacts.js';
import { HistoryClient } from './histories.js';
import { historyChanges } from './history-changes.js';
import { HistoryTail } from './history-tail.js';
import { type Locator, NO_LIST, UNLISTED, unpackLocator } from './locator.js';
import { fetchModels } from './logged-models.js';
import { fetchItems, fetchPage, type PagedRequest } from './pages.js';
import { settled } from './prefetch-batch.js';
import { Prefetcher } from './prefetcher.js';
import { listActiveRuns, listRuns, runsRequest } from './run-listing.js';
import { experimentRecord, type LatestPoint, type RunRecord, runIdOf, runRecord } from './run-record.js';
import { countServerTraces } from './traces.js';
import { asText, type Fields, fields } from './wire/wire.js';

const EXPERIMENTS_PER_PAGE = 1000;
const MODELS_PATH = '/api/2.0/mlflow/logged-models';

export interface RestStoreOptions {
  /** What opens artifacts that need not come through the server; by default all of them do. */
  readonly artifacts?: ArtifactOpener;
}

/**
 * An MLflow tracking server (1.30, 2.x, 3.x), read over its REST interface. Nothing on it is changed.
 *
 * The locator of a {@link RunRef} is a {@link Locator}. The server is the bottleneck, so one thread reads from it: it
 * knows best which requests can be put together.
 */
export class RestStore implements TrackingStore {
  readonly uri: string;
  readonly changes: ChangeSignal = { type: 'poll' };
  readonly maxThreads = 1;
  readonly #client: HttpClient;
  readonly #artifacts: ArtifactOpener;
  readonly #closing = new AbortController();
  readonly #histories: HistoryClient;
  readonly #ahead: Prefetcher;

  constructor(client: HttpClient, { artifacts }: RestStoreOptions = {}) {
    this.#client = client;
    this.uri = client.server.shown;
    this.#artifacts = artifacts ?? new ServerArtifacts(client);
    this.#histories = new HistoryClient(client);
    const source = { neighbours: this.#neighbours.bind(this), one: this.#one.bind(this) };
    this.#ahead = new Prefetcher(source, this.#histories, client.concurrency, this.#closing.signal);
  }

  async *experiments(signal: AbortSignal): AsyncGenerator<Experiment, void, void> {
    const request: PagedRequest = {
      path: '/api/2.0/mlflow/experiments/search',
      body: { view_type: 'ALL' },
      size: EXPERIMENTS_PER_PAGE,
      orderBy: ['creation_time ASC', 'experiment_id ASC'],
      items: 'experiments',
      what: 'its experiments',
      failFast: true,
    };
    try {
      const idOf = (item: Fields) => asText(item.experiment_id);
      for await (const item of fetchItems(this.#client, request, idOf, signal)) yield experimentRecord(item);
    } catch (cause) {
      signal.throwIfAborted();
      throw this.#unlisted(cause);
    }
  }

  async *runs(experiment: Experiment, signal: AbortSignal): AsyncGenerator<RunRef, void, void> {
    yield* listRuns(this.#client, experiment, signal);
  }

  async *activeRuns(
    experiment: Experiment,
    known: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<RunRef, void, void> {
    yield* listActiveRuns(this.#client, experiment, known, signal);
  }

  async traces(experiments: readonly Experiment[], signal: AbortSignal): Promise<TraceCount> {
    const ids = experiments.map(({ id }) => id);
    return countServerTraces(this.#client, ids, signal);
  }

  async missingRuns(runIds: readonly string[], signal: AbortSignal): Promise<string[]> {
    const limit = pLimit(this.#client.concurrency);
    const answers = await Promise.all(runIds.map((runId) => limit(() => this.#isGone(runId, signal))));
    return runIds.filter((_, i) => answers[i]);
  }

  /**
   * What the listing showed of the run: its header, the latest point of each metric, its models. Of a run that may still
   * grow also what artifacts it has; those of a run that has ended are taken for final.
   */
  async revision(ref: RunRef, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const { digest: header, active, modelsDigest } = unpackLocator(ref);
    const seen = header + (modelsDigest === NO_LIST ? '' : modelsDigest);
    if (!active) return seen;
    const { run } = await this.#one(ref, signal);
    return seen + (await listingDigest(this.#artifacts.at(ref.runId, run.artifactUri), signal));
  }

  async run(ref: RunRef, context: StageContext): Promise<Run> {
    const { run, outputs } = await this.#ahead.record(ref, context.signal);
    const { models, modelsDigest } = unpackLocator(ref);
    const unread = (detail: string): void =>
      context.notice({ kind: 'field-unreadable', field: 'models', file: this.uri, detail, unread: { part: 'models' } });
    if (modelsDigest === UNLISTED) unread('The server did not list the logged models of the experiment.');
    if (modelsDigest === NO_LIST) context.absent?.({ part: 'models', directory: `${this.uri}${MODELS_PATH}` });
    const ids = [...new Set([...outputs.keys(), ...models])].sort();
    return { ...run, models: await fetchModels(this.#client, ids, outputs, unread, context.signal) };
  }

  async metricKeys(ref: RunRef, { signal }: StageContext): Promise<string[]> {
    return [...(await this.#ahead.latest(ref, signal)).keys()];
  }

  async *history(
    ref: RunRef,
    metricKey: string,
    context: StageContext,
    marked?: (mark: string) => void,
  ): AsyncGenerator<PointBatch, void, void> {
    const { signal } = context;
    // before any point is read: what comes meanwhile shows in the next listing
    const latest = (await this.#ahead.latest(ref, signal)).get(metricKey);
    if (latest === undefined) return;
    const tail = new HistoryTail();
    for await (const batch of this.#points(ref, metricKey, signal)) {
      tail.passed(batch);
      yield batch;
      signal.throwIfAborted();
    }
    if (tail.points > 0) marked?.(tail.mark(latest.state));
    else yield* this.#onlyLatest(metricKey, latest, context);
  }

  /** The points of a metric. One that the run lists has some, so it is asked for once more when there are none. */
  async *#points(ref: RunRef, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const first = await this.#ahead.start(ref, key, signal);
    const isEmpty = first.length === 0 && first.next === undefined && first.unpaged === undefined;
    const start = isEmpty ? await this.#histories.again(ref.runId, key, signal) : first;
    yield* start.batches;
    yield* this.#histories.rest(ref.runId, key, start, signal);
  }

  /** Of a metric whose points were deleted MLflow shows the latest still. */
  async *#onlyLatest(
    metric: string,
    latest: LatestPoint,
    { signal, notice }: StageContext,
  ): AsyncGenerator<PointBatch, void, void> {
    notice({ kind: 'history-missing', metric });
    yield await this.#histories.asLogged(latest, signal);
  }

  async *changesSince(
    ref: RunRef,
    marks: ReadonlyMap<string, string>,
    { signal }: StageContext,
  ): AsyncGenerator<MetricChange, void, void> {
    yield* historyChanges(this.#histories, ref.runId, await this.#ahead.latest(ref, signal), marks, signal);
  }

  artifactsRevision(ref: RunRef, run: Run, signal: AbortSignal): Promise<string> {
    return listingDigest(this.#artifacts.at(ref.runId, run.artifactUri), signal);
  }

  async *artifacts(ref: RunRef, run: Run, context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    context.signal.throwIfAborted();
    yield* this.#artifacts.at(ref.runId, run.artifactUri).list(context);
  }

  async *openArtifact(
    ref: RunRef,
    run: Run,
    file: ArtifactFile,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    signal.throwIfAborted();
    yield* this.#artifacts.at(ref.runId, run.artifactUri).open(file, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(new ConvertError('fatal', 'cancelled', `The tracking server ${this.uri} is no longer read.`));
    await this.#artifacts.close();
    await this.#client.close();
  }

  /** Up to `count` runs of the page on which a run was listed, from it on. */
  async #neighbours(ref: RunRef, count: number, signal: AbortSignal): Promise<Map<string, RunRecord>> {
    const { page: token, index } = unpackLocator(ref);
    const { items } = await settled(fetchPage(this.#client, runsRequest(ref.experimentId), token, signal), signal);
    const begin = items.findIndex((json, at) => at >= index && runIdOf(json) === ref.runId);
    const found = new Map<string, RunRecord>();
    for (const json of begin < 0 ? [] : items.slice(begin, begin + count)) {
      const runId = runIdOf(json);
      if (runId !== undefined) found.set(runId, runRecord(json, runId, ref.experimentId));
    }
    return found;
  }

  /** A refusal (403, a gateway's 404) is no answer to the question. */
  async #isGone(runId: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client.json({ path: runPath(runId), what: `run ${runId}` }, signal);
      return false;
    } catch (cause) {
      signal.throwIfAborted();
      if (responseErrorOf(cause) === undefined && toConvertError(cause, 'skip-run', this.uri).kind === 'fatal')
        throw cause;
      return isResourceMissing(cause);
    }
  }

  async #one(ref: RunRef, signal: AbortSignal): Promise<RunRecord> {
    try {
      const path = runPath(ref.runId);
      const json = fields(fields(await this.#client.json({ path, what: `run ${ref.runId}` }, signal)).run);
      return runRecord(json, ref.runId, ref.experimentId);
    } catch (cause) {
      if (!isResourceMissing(cause)) throw cause;
      throw new ConvertError('not-a-run', 'run-not-found', `Run ${ref.runId} is no longer on the tracking server.`, {
        where: this.uri,
        cause,
      });
    }
  }

  /** Without the experiments nothing can be done. */
  #unlisted(cause: unknown): unknown {
    if (!(cause instanceof ConvertError) || cause.kind === 'fatal') return cause;
    return new ConvertError('fatal', cause.code, cause.message, {
      where: this.uri,
      hint: cause.hint ?? 'Is this the address of an MLflow tracking server? A path such as /mlflow belongs to it.',
      cause,
    });
  }
}

function runPath(runId: string): string {
  return `/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(runId)}`;
}
