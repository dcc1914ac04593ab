import { ConvertError } from '../../errors.js';
import type { ArtifactFile, Experiment, PointBatch, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactOpener } from '../artifacts/artifact-repository.js';
import { listingDigest } from '../artifacts/listing-digest.js';
import { chunks } from '../chunks.js';
import { uriTarget } from '../file/file-uri.js';
import type { MetricGrowth, TrackingStore } from '../tracking-store.js';
import type { Database, RunRows } from './database.js';
import { readExperiments } from './experiments.js';
import { readGrowth } from './growth.js';
import { Histories } from './histories.js';
import { locatorOf, markOf, type RunMark, rowsOf } from './locator.js';
import { PlaceKeeper } from './metric-place.js';
import { readHeaders } from './run-headers.js';
import { readMarks } from './run-marks.js';
import { probeSchema, type Schema } from './schema.js';

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
  readonly #database: Database;
  readonly #artifacts: ArtifactOpener;
  readonly #options: SqlStoreOptions;
  readonly #histories: Histories;
  #probed: Promise<Schema> | undefined;

  /** Takes over the database and the artifacts: {@link close} closes both. */
  constructor(database: Database, artifacts: ArtifactOpener, options: SqlStoreOptions) {
    this.uri = database.uri;
    this.#database = database;
    this.#artifacts = artifacts;
    this.#options = options;
    this.#histories = new Histories(database, options.windowPoints);
  }

  async *experiments(signal: AbortSignal): AsyncGenerator<Experiment, void, void> {
    const { workspace, warn } = this.#options;
    yield* readExperiments(this.#database, await this.#schema(signal), workspace, warn, signal);
  }

  async *runs(experiment: Experiment, signal: AbortSignal): AsyncGenerator<RunRef, void, void> {
    for await (const ids of this.#database.runIds(experiment.id, 'all', signal)) {
      yield* this.#references(experiment, ids, signal);
    }
  }

  async *going(
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

  async *#references(
    experiment: Experiment,
    ids: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<RunRef, void, void> {
    const marks = await readMarks(this.#database, await this.#schema(signal), ids, signal);
    for (const runId of ids) {
      const mark = marks.get(runId);
      // one that is gone again already is no run
      if (mark !== undefined) yield { runId, experimentId: experiment.id, locator: locatorOf(mark) };
    }
  }

  /** A live run's local files count, too; those of one that has ended are taken to stay as they are. */
  async revision(ref: RunRef, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const mark = await this.#mark(ref, signal);
    if (!mark.live) return mark.revision;
    const { artifactUri } = await this.run(ref, { signal, notice: () => undefined });
    if (artifactUri === undefined || uriTarget(artifactUri).kind !== 'local') return mark.revision;
    const files = await listingDigest(this.#artifacts.at(ref.runId, artifactUri), signal);
    return mark.revision + files;
  }

  async run(ref: RunRef, context: StageContext): Promise<Run> {
    const schema = await this.#schema(context.signal);
    const headers = await readHeaders(this.#database, schema, [ref.runId], context.signal, markOf(ref)?.made);
    const header = headers.get(ref.runId);
    if (header === undefined) throw notARun(ref);
    for (const notice of header.notices) context.notice(notice);
    return header.run;
  }

  async metricKeys(ref: RunRef, { signal }: StageContext): Promise<string[]> {
    return this.#histories.keys(await this.#rows(ref, signal), signal);
  }

  async *history(
    ref: RunRef,
    metricKey: string,
    { signal }: StageContext,
    marked?: (mark: string) => void,
  ): AsyncGenerator<PointBatch, void, void> {
    const rows = await this.#rows(ref, signal);
    const place = new PlaceKeeper();
    for await (const batch of this.#histories.history(rows, metricKey, signal)) {
      place.passed(batch);
      yield batch;
    }
    const mark = place.mark(rows.to);
    if (mark !== undefined) marked?.(mark);
  }

  async *grown(
    ref: RunRef,
    marks: ReadonlyMap<string, string>,
    { signal }: StageContext,
  ): AsyncGenerator<MetricGrowth, void, void> {
    yield* readGrowth(this.#database, await this.#rows(ref, signal), marks, signal);
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

  async #rows(ref: RunRef, signal: AbortSignal): Promise<RunRows> {
    signal.throwIfAborted();
    return rowsOf(ref, await this.#mark(ref, signal));
  }

  /** What the reference carries, or what is true now. */
  async #mark(ref: RunRef, signal: AbortSignal): Promise<RunMark> {
    const carried = markOf(ref);
    if (carried !== undefined) return carried;
    const schema = await this.#schema(signal);
    const mark = (await readMarks(this.#database, schema, [ref.runId], signal)).get(ref.runId);
    if (mark === undefined) throw notARun(ref);
    return mark;
  }

  #schema(signal: AbortSignal): Promise<Schema> {
    this.#probed ??= probeSchema(this.#database, signal).catch((cause: unknown) => {
      this.#probed = undefined;
      throw cause;
    });
    return this.#probed.then((schema) => {
      signal.throwIfAborted();
      return schema;
    });
  }
}

function notARun({ runId }: RunRef): ConvertError {
  return new ConvertError('not-a-run', `The database has no run ${runId}: it was removed.`);
}
