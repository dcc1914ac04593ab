import type { Warn } from '../../events.js';
import type { NestedRuns } from '../../family.js';
import type { ArtifactFile, Experiment, PointBatch, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactOpener } from '../artifacts/artifact-repository.js';
import { listingDigest } from '../artifacts/listing-digest.js';
import { chunks } from '../common/chunks.js';
import type { FoundRun, RunSearch } from '../common/run-search.js';
import type { RunTotals } from '../common/run-totals.js';
import type { ChangeSignal, MetricChange, RunExtent, TraceCount, TrackingStore } from '../common/tracking-store.js';
import { uriTarget } from '../locations/file-uri.js';
import type { Database } from './database.js';
import { readExperiments } from './experiments.js';
import { SqlRunFinder } from './find-runs.js';
import { hiddenMetrics, unlessHidden } from './hidden-metrics.js';
import { readSqlChanges } from './history-changes.js';
import { latestOnlyHistory, latestOnlyKeys } from './latest-only-metrics.js';
import { readListedRuns } from './listed-runs.js';
import { decodeLocator, encodeLocator, type ListedRun, rowsOf } from './locator.js';
import { MeasuredRuns } from './measured-points.js';
import { CursorTracker } from './metric-cursor.js';
import { NO_ENDS, readMetricEnds } from './metric-ends.js';
import { findMissingRuns, notARun } from './missing-runs.js';
import { SqlNesting } from './nested-runs.js';
import { readHeaders } from './run-headers.js';
import { sqlRunTotals } from './run-totals.js';
import type { Schema } from './schema.js';
import { Schemas } from './schemas.js';
import { isPermissionDenied } from './server-error.js';
import { SqlHistories } from './sql-histories.js';
import { countSqlTraces } from './traces.js';

export interface SqlStoreOptions {
  /** MLflow's default workspace by default. */
  readonly workspace?: string;
  /** Receives a sentence about anything that is skipped outside of runs. */
  readonly warn: Warn;
  /** The most points of one run in memory at once; for tests. */
  readonly windowPoints?: number;
}

/**
 * Reads MLflow's tables in any database that MLflow supports. Never writes.
 *
 * The locator of a {@link RunRef} carries what was known when the run was listed ({@link ListedRun}): listing takes a few queries
 * for every few hundred runs, and asking for a revision then costs nothing.
 */
export class SqlStore implements TrackingStore {
  readonly uri: string;
  readonly changes: ChangeSignal;
  readonly #database: Database;
  readonly #artifacts: ArtifactOpener;
  readonly #options: SqlStoreOptions;
  readonly #histories: SqlHistories;
  readonly #nesting: SqlNesting;
  readonly #schemas: Schemas;
  readonly #finder: SqlRunFinder;
  readonly #measured: MeasuredRuns;
  /** The last warning about tables that this user may not read. */
  #warned: string | undefined;
  /** Runs that could be listed only in part, as they were looked up later. */
  readonly #completed = new WeakMap<RunRef, ListedRun>();

  /** {@link close} closes the database and the artifacts. */
  constructor(database: Database, artifacts: ArtifactOpener, options: SqlStoreOptions) {
    this.uri = database.uri;
    this.changes = database.file === undefined ? { type: 'poll' } : { type: 'file', file: database.file };
    this.#database = database;
    this.#artifacts = artifacts;
    this.#options = options;
    this.#schemas = new Schemas(database);
    this.#nesting = new SqlNesting(database, this.#schemas);
    this.#finder = new SqlRunFinder(database, this.#schemas);
    this.#measured = new MeasuredRuns(database);
    this.#histories = new SqlHistories(database, options.windowPoints);
  }

  async *experiments(signal: AbortSignal): AsyncGenerator<Experiment, void, void> {
    const { workspace, warn } = this.#options;
    this.#schemas.forget();
    this.#nesting.forget();
    const schema = await this.#schemas.get(signal);
    const { warning: message } = schema;
    if (message !== undefined && message !== this.#warned) warn({ code: 'tables-not-readable', message });
    this.#warned = message;
    yield* readExperiments(this.#database, schema, workspace, warn, signal);
  }

  async *runs(of: Experiment, signal: AbortSignal): AsyncGenerator<RunRef, void, void> {
    for await (const ids of this.#database.runIds(of.id, 'all', signal)) yield* this.#references(of, ids, signal);
  }

  searchRuns(experiment: Experiment, search: RunSearch, signal: AbortSignal): AsyncIterable<FoundRun> {
    const references = (ids: readonly string[]) => this.#references(experiment, ids, signal);
    return this.#finder.search(experiment, search, references, signal);
  }

  runTotals({ id }: Experiment, _: () => void, signal: AbortSignal): Promise<RunTotals> {
    return sqlRunTotals(this.#database, id, signal);
  }

  async *activeRuns(
    experiment: Experiment,
    known: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<RunRef, void, void> {
    const rest = new Set(known);
    for await (const ids of this.#database.runIds(experiment.id, 'active', signal)) {
      for (const id of ids) rest.delete(id);
      yield* this.#references(experiment, ids, signal);
    }
    for (const ids of chunks([...rest], this.#database.page)) yield* this.#references(experiment, ids, signal);
  }

  nestedRuns = ({ id }: Experiment, signal: AbortSignal): Promise<NestedRuns> => this.#nesting.of(id, signal);

  traces(experiments: readonly Experiment[], signal: AbortSignal): Promise<TraceCount> {
    return countSqlTraces(this.#database, experiments, signal);
  }

  missingRuns(runIds: readonly string[], signal: AbortSignal): Promise<string[]> {
    return findMissingRuns(this.#database, runIds, signal);
  }

  async *#references(
    experiment: Experiment,
    ids: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<RunRef, void, void> {
    const listed = await this.#schemas.with((schema) => readListedRuns(this.#database, schema, ids, signal), signal);
    for (const runId of ids) {
      const run = listed.get(runId); // undefined if it has just been removed
      if (run !== undefined) yield { runId, experimentId: experiment.id, locator: encodeLocator(run) };
    }
  }

  /** Includes the local files of an active run. Those of a run that has ended are assumed not to change. */
  async revision(ref: RunRef, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const listed = decodeLocator(ref) ?? (await this.#listed(ref, signal));
    if (!listed.active) return listed.revision;
    const { artifactUri } = await this.run(ref, { signal, notice: () => {} });
    if (artifactUri === undefined || uriTarget(artifactUri).kind !== 'local') return listed.revision;
    return listed.revision + (await listingDigest(this.#artifacts.at(ref.runId, artifactUri), signal));
  }

  async run(ref: RunRef, context: StageContext): Promise<Run> {
    const { signal } = context;
    const read = (schema: Schema) => readHeaders(this.#database, schema, [ref.runId], signal, decodeLocator(ref)?.made);
    const header = (await this.#schemas.with(read, signal)).get(ref.runId);
    if (header === undefined) throw notARun(ref);
    for (const notice of header.notices) context.notice(notice);
    return header.run;
  }

  /** Includes metrics of which only the latest value is left. */
  metricKeys(ref: RunRef, { signal, notice }: StageContext): Promise<string[]> {
    return unlessHidden(this.uri, notice, [], async () => {
      const listed = await this.#listed(ref, signal);
      const keys = await this.#histories.keys(rowsOf(ref, listed), signal);
      if (listed.latest === undefined || listed.latest <= keys.length) return keys;
      const known = new Set(keys);
      const latestOnly = await latestOnlyKeys(this.#database, ref.runId, signal);
      return [...keys, ...latestOnly.filter((key) => !known.has(key))];
    });
  }

  /** A run of which the metrics may not be read has none. */
  async extent(ref: RunRef, { signal }: StageContext): Promise<RunExtent> {
    const listed = await this.#listed(ref, signal);
    const { points } = listed.metrics;
    const counted = listed.latest === undefined && points > 0;
    const metrics = counted ? (await this.#database.counts(rowsOf(ref, listed), signal)).size : (listed.latest ?? 0);
    return { metrics, points, isExact: true };
  }

  metricEnds(ref: RunRef, { signal, notice }: StageContext) {
    return unlessHidden(this.uri, notice, NO_ENDS, async () => {
      const listed = await this.#listed(ref, signal);
      return readMetricEnds(this.#database, rowsOf(ref, listed), listed.latest !== undefined, signal);
    });
  }

  async *history(
    ref: RunRef,
    metricKey: string,
    context: StageContext,
    onCursor?: (cursor: string) => void,
  ): AsyncGenerator<PointBatch, void, void> {
    const tracker = new CursorTracker();
    try {
      const listed = await this.#listed(ref, context.signal);
      const measured = listed.isMeasured ? await this.#measured.of(ref, context.signal) : undefined;
      const rows = rowsOf(ref, listed);
      for await (const batch of this.#histories.history(rows, metricKey, context.signal)) {
        tracker.advance(batch);
        yield* measured?.split(metricKey, batch) ?? [batch];
      }
      const cursor = tracker.encode(rows.to);
      if (cursor !== undefined) onCursor?.(cursor);
      else yield* latestOnlyHistory(this.#database, ref.runId, metricKey, context);
    } catch (error) {
      // half a history must not pass for the whole
      if (!isPermissionDenied(error) || tracker.last !== undefined) throw error;
      context.notice(hiddenMetrics(this.uri, error, metricKey));
    }
  }

  async *changesSince(
    ref: RunRef,
    cursors: ReadonlyMap<string, string>,
    { signal }: StageContext,
  ): AsyncGenerator<MetricChange, void, void> {
    const listed = await this.#listed(ref, signal);
    // a model may tell the dataset of a point that has been read before
    if (!listed.isMeasured) yield* readSqlChanges(this.#database, rowsOf(ref, listed), cursors, signal);
    else for (const key of await this.#histories.keys(rowsOf(ref, listed), signal)) yield { type: 'rewritten', key };
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
    await this.#artifacts.close();
    await this.#database.close();
  }

  /** What the reference carries, otherwise the current state. */
  async #listed(ref: RunRef, signal: AbortSignal): Promise<ListedRun> {
    signal.throwIfAborted();
    const carried = decodeLocator(ref);
    if (carried !== undefined && carried.isPartial !== true) return carried;
    const known = this.#completed.get(ref);
    if (known !== undefined) return known;
    const read = (schema: Schema) => readListedRuns(this.#database, schema, [ref.runId], signal);
    const listed = (await this.#schemas.with(read, signal)).get(ref.runId);
    if (listed === undefined) throw notARun(ref);
    if (carried !== undefined) this.#completed.set(ref, listed);
    return listed;
  }
}
