import type { ArtifactKind, ArtifactRecord, PointBatch } from '../model.js';
import type { RunCounts } from '../outcome.js';
import type { RepeatedSteps } from '../policies.js';
import { DatabaseWriter } from '../rocksdb/database-writer.js';
import { MetaRecords } from './meta-records.js';
import { type MetricHooks, MetricsWriter, type MetricTarget } from './metrics-writer.js';
import { ObjectsWriter } from './objects-writer.js';
import { removeStaged, type StagedFiles } from './run-files.js';
import type { StepOrders } from './step-order.js';
import type { AimDict } from './value.js';

/** Where a run is built, and as what. */
export interface RunBuild {
  readonly hash: string;
  readonly files: StagedFiles;
  /** A number above those of all files in the run's databases; 1 if there are none. */
  readonly fileNumber: number;
  /** How many points of one metric are held in memory; by default 262,144. */
  readonly pointsInMemory?: number;
}

/** What is written about a run after all its points and artifacts. */
export interface RunEnd {
  readonly attributes: AimDict;
  /** Seconds since the epoch; null while the run is active. */
  readonly endTime: number | null;
  readonly messages: readonly { readonly message: string; readonly args: AimDict }[];
  /** The time of the messages, in seconds. */
  readonly messageTime: number;
}

/** The name under which Aim groups our messages. */
export const MESSAGE_SOURCE = 'mlflow2aim';

/**
 * Builds the two databases of an Aim run. Call {@link points} for all metrics, then {@link artifact} for all artifacts, then
 * {@link finish}; or {@link abandon} at any time.
 */
export class RunWriter {
  private readonly metrics: MetricsWriter;
  private readonly metaDatabase: DatabaseWriter;
  private readonly seqsDatabase: DatabaseWriter;
  private readonly meta: MetaRecords;
  private readonly objects: ObjectsWriter;
  private readonly artifacts: Record<ArtifactKind, number> = { image: 0, text: 0, audio: 0, figure: 0 };
  private links = 0;
  private artifactBytes = 0;

  constructor(
    private readonly build: RunBuild,
    repeatedSteps: RepeatedSteps,
    orders: StepOrders,
    hooks: MetricHooks,
  ) {
    const { hash, files, fileNumber, pointsInMemory } = build;
    this.metaDatabase = new DatabaseWriter(files.meta, fileNumber);
    this.seqsDatabase = new DatabaseWriter(files.seqs, fileNumber);
    this.meta = new MetaRecords(hash);
    this.metrics = new MetricsWriter(
      this.seqsDatabase,
      this.meta,
      { hash, repeatedSteps, pointsInMemory },
      orders,
      hooks,
    );
    this.objects = new ObjectsWriter(this.seqsDatabase, hash);
  }

  /** The next points of a metric; metrics come in ascending order of their sequence, points in arrival order. */
  points(target: MetricTarget, batch: PointBatch): void {
    this.metrics.add(target, batch);
  }

  /** The next artifact, in the order of `arrangePlaces`; `time` (seconds) is used if it has none of its own. */
  artifact(record: ArtifactRecord, time: number): void {
    if (record.type === 'link') {
      this.links++;
      this.meta.artifact(record.path, record.uri);
      return;
    }
    this.objects.artifact(record, time);
    const { role } = record.place;
    if (role === 'log' || role === 'table') return;
    this.artifacts[role]++;
    this.artifactBytes += record.bytes.length;
  }

  /** Ends the metrics: their numbers and notices are now final. */
  endMetrics(): void {
    this.metrics.finish();
  }

  /** Completes both databases; returns the bytes of their tables. */
  finish(end: RunEnd): number {
    for (const { message, args } of end.messages) this.objects.message(message, args, MESSAGE_SOURCE, end.messageTime);
    this.meta.objectSequences(this.objects.finish());
    this.meta.attributes(end.attributes);
    this.meta.endTime(end.endTime);
    this.meta.write(this.metaDatabase);
    return this.seqsDatabase.finish() + this.metaDatabase.finish();
  }

  /** The latest time of any point, milliseconds since the epoch. */
  get lastTimestamp(): number | undefined {
    return this.metrics.lastTimestamp;
  }

  /** What has been written so far. */
  counts(): Omit<RunCounts, 'params' | 'tags' | 'bytesWritten'> {
    const { metrics, points, pointsCollapsed, metricsRenumbered } = this.metrics;
    const { artifacts, links: artifactsListed, artifactBytes } = this;
    return { metrics, points, pointsCollapsed, metricsRenumbered, artifacts, artifactsListed, artifactBytes };
  }

  /** Gives up: closes files and removes what was built. */
  abandon(): void {
    this.metrics.abandon();
    this.metaDatabase.abandon();
    this.seqsDatabase.abandon();
    removeStaged(this.build.files);
  }
}
