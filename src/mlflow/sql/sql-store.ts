import { asFatal, ConvertError } from '../../errors.js';
import type { ArtifactFile, Experiment, Notice, PointBatch, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactOpener } from '../artifacts/artifact-repository.js';
import { listingDigest } from '../artifacts/listing-digest.js';
import { chunks } from '../common/chunks.js';
import type { ChangeSignal, MetricChange, TraceCount, TrackingStore } from '../common/tracking-store.js';
import { uriTarget } from '../locations/file-uri.js';
import { type Database, placeholders } from './database.js';
import { readExperiments } from './experiments.js';
import { readSqlChanges } from './history-changes.js';
import { latestOnlyKeys, latestPoint } from './latest-only-metrics.js';
import { readListedRuns } from './listed-runs.js';
import { decodeLocator, encodeLocator, type ListedRun, rowsOf } from './locator.js';
import { CursorTracker } from './metric-cursor.js';
import { readHeaders } from './run-headers.js';
import type { Schema } from './schema.js';
import { Schemas } from './schemas.js';
import { isPermissionDenied } from './server-error.js';
import { SqlHistories } from './sql-histories.js';
import { countSqlTraces } from './traces.js';

export interface SqlStoreOptions {
  /** MLflow's default workspace without one. */
  readonly workspace?: string;
  /** Told, in a sentence, of what is passed over outside any run. */
  readonly warn: (message: string) => void;
  /** Points of one run that are held in memory at once; for tests. */
  readonly windowPoints?: number;
}

/**
 * MLflow's tables, read as they lie in any database that MLflow tracks into. Nothing is ever written.
 *
 * The locator of a {@link RunRef} is the run's mark (locator.ts): listing runs costs some queries for each few hundred of them, and
 * asking for a revision then costs nothing.
 */
export class SqlStore implements TrackingStore {
  readonly uri: string;
  readonly changes: ChangeSignal;
  readonly #database: Database;
  readonly #artifacts: ArtifactOpener;
  readonly #options: SqlStoreOptions;
  readonly #histories: SqlHistories;
  readonly #schemas: Schemas;
  /** What was last said of tables that may not be read. */
  #warned: string | undefined;
  /** What was looked up of runs that were listed in part. */
  readonly #completed = new WeakMap<RunRef, ListedRun>();

  /** Takes over the database and the artifacts: {@link close} closes both. */
  constructor(database: Database, artifacts: ArtifactOpener, options: SqlStoreOptions) {
    this.uri = database.uri;
    this.changes = database.file === undefined ? { type: 'poll' } : { type: 'file', file: database.file };
    this.#database = database;
    this.#artifacts = artifacts;
    this.#options = options;
    this.#schemas = new Schemas(database);
    this.#histories = new SqlHistories(database, options.windowPoints);
  }

  async *experiments(signal: AbortSignal): AsyncGenerator<Experiment, void, void> {
    const { workspace, warn } = this.#options;
    this.#schemas.forget();
    const schema = await this.#schemas.get(signal);
    if (schema.warning !== undefined && schema.warning !== this.#warned) warn(schema.warning);
    this.#warned = schema.warning;
    yield* readExperiments(this.#database, schema, workspace, warn, signal);
  }

  async *runs(experiment: Experiment, signal: AbortSignal): AsyncGenerator<RunRef, void, void> {
    for await (const ids of this.#database.runIds(experiment.id, 'all', signal)) {
      yield* this.#references(experiment, ids, signal);
    }
  }

  async *activeRuns(
    experiment: Experiment,
    known: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<RunRef, void, void> {
    const rest = new Set(known);
    for await (const ids of this.#database.runIds(experiment.id, 'going', signal)) {
      for (const id of ids) rest.delete(id);
      yield* this.#references(experiment, ids, signal);
    }
    for (const ids of chunks([...rest], this.#database.page)) yield* this.#references(experiment, ids, signal);
  }

  async traces(experiments: readonly Experiment[], signal: AbortSignal): Promise<TraceCount> {
    const ids = experiments.map(({ id }) => id);
    return countSqlTraces(this.#database, ids, signal);
  }

  async missingRuns(runIds: readonly string[], signal: AbortSignal): Promise<string[]> {
    const there = new Set<string | null>();
    for (const ids of chunks(runIds, this.#database.page)) {
      const sql = `SELECT run_uuid FROM runs WHERE run_uuid IN ${placeholders(ids.length)}`;
      const rows = await this.#database.snapshot((query) => query(sql, ids), signal);
      for (const [runId] of rows) there.add(runId ?? null);
    }
    return runIds.filter((runId) => !there.has(runId));
  }

  async *#references(
    experiment: Experiment,
    ids: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<RunRef, void, void> {
    const marks = await this.#schemas.with((schema) => readListedRuns(this.#database, schema, ids, signal), signal);
    for (const runId of ids) {
      const mark = marks.get(runId);
      // one that is gone again already is no run
      if (mark !== undefined) yield { runId, experimentId: experiment.id, locator: encodeLocator(mark) };
    }
  }

  /** A live run's local files count, too; those of one that has ended are taken to stay as they are. */
  async revision(ref: RunRef, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const mark = decodeLocator(ref) ?? (await this.#mark(ref, signal));
    if (!mark.live) return mark.revision;
    const { artifactUri } = await this.run(ref, { signal, notice: () => undefined });
    if (artifactUri === undefined || uriTarget(artifactUri).kind !== 'local') return mark.revision;
    const files = await listingDigest(this.#artifacts.at(ref.runId, artifactUri), signal);
    return mark.revision + files;
  }

  async run(ref: RunRef, context: StageContext): Promise<Run> {
    const { signal } = context;
    const made = decodeLocator(ref)?.made;
    const read = (schema: Schema) => readHeaders(this.#database, schema, [ref.runId], signal, made);
    const headers = await this.#schemas.with(read, signal);
    const header = headers.get(ref.runId);
    if (header === undefined) throw notARun(ref);
    for (const notice of header.notices) context.notice(notice);
    return header.run;
  }

  /** Those are among them of which only the latest value is left. */
  async metricKeys(ref: RunRef, { signal, notice }: StageContext): Promise<string[]> {
    try {
      const mark = await this.#mark(ref, signal);
      const keys = await this.#histories.keys(rowsOf(ref, mark), signal);
      if (mark.latest === undefined || mark.latest <= keys.length) return keys;
      const known = new Set(keys);
      const lost = await latestOnlyKeys(this.#database, ref.runId, signal);
      return [...keys, ...lost.filter((key) => !known.has(key))];
    } catch (error) {
      if (!isPermissionDenied(error)) throw error;
      notice(this.#unreadMetrics(error));
      return [];
    }
  }

  async *history(
    ref: RunRef,
    metricKey: string,
    context: StageContext,
    marked?: (mark: string) => void,
  ): AsyncGenerator<PointBatch, void, void> {
    const place = new CursorTracker();
    try {
      const rows = rowsOf(ref, await this.#mark(ref, context.signal));
      for await (const batch of this.#histories.history(rows, metricKey, context.signal)) {
        place.passed(batch);
        yield batch;
      }
      const mark = place.mark(rows.to);
      if (mark !== undefined) marked?.(mark);
      else yield* this.#latest(ref, metricKey, context);
    } catch (error) {
      // what has broken off is no history
      if (!isPermissionDenied(error) || place.last !== undefined) throw error;
      context.notice(this.#unreadMetrics(error, metricKey));
    }
  }

  async *#latest({ runId }: RunRef, key: string, context: StageContext): AsyncGenerator<PointBatch, void, void> {
    const point = await latestPoint(this.#database, runId, key, context.signal);
    if (point === undefined) return;
    context.notice({ kind: 'history-missing', metric: key });
    yield point;
  }

  #unreadMetrics(error: unknown, item?: string): Notice {
    const detail = asFatal(error, this.uri).message;
    const unread = { part: 'metrics' as const, ...(item !== undefined && { item }) };
    return { kind: 'field-unreadable', field: item ?? 'metrics', file: this.uri, detail, unread };
  }

  async *changesSince(
    ref: RunRef,
    marks: ReadonlyMap<string, string>,
    { signal }: StageContext,
  ): AsyncGenerator<MetricChange, void, void> {
    yield* readSqlChanges(this.#database, rowsOf(ref, await this.#mark(ref, signal)), marks, signal);
  }

  artifactsRevision(ref: RunRef, run: Run, signal: AbortSignal): Promise<string> {
    return listingDigest(this.#artifacts.at(ref.runId, run.artifactUri), signal);
  }

  async *artifacts(ref: RunRef, run: Run, context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    yield* this.#artifacts.at(ref.runId, run.artifactUri).list(context);
  }

  async *openArtifact(
    ref: RunRef,
    run: Run,
    file: ArtifactFile,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    yield* this.#artifacts.at(ref.runId, run.artifactUri).open(file, signal);
  }

  async close(): Promise<void> {
    await this.#artifacts.close();
    await this.#database.close();
  }

  /** What the reference carries, or what is true now. */
  async #mark(ref: RunRef, signal: AbortSignal): Promise<ListedRun> {
    signal.throwIfAborted();
    const carried = decodeLocator(ref);
    if (carried !== undefined && carried.isPartial !== true) return carried;
    const known = this.#completed.get(ref);
    if (known !== undefined) return known;
    const read = (schema: Schema) => readListedRuns(this.#database, schema, [ref.runId], signal);
    const mark = (await this.#schemas.with(read, signal)).get(ref.runId);
    if (mark === undefined) throw notARun(ref);
    if (carried !== undefined) this.#completed.set(ref, mark);
    return mark;
  }
}

function notARun({ runId }: RunRef): ConvertError {
  return new ConvertError('not-a-run', `The database has no run ${runId}: it was removed.`);
}
