import type { Notice, PointBatch, PointDataset } from '../model.js';
import type { DatabaseRecord } from '../rocksdb/database.js';
import type { DatabaseWriter } from '../rocksdb/database-writer.js';
import type { TableWriter } from '../rocksdb/table-writer.js';
import { datasetSequences } from './dataset-sequences.js';
import { encodePath, SENTINEL, TYPE_SIZE } from './encoding.js';
import type { MetaRecords } from './meta-records.js';
import { MetricPoints, type PointLimits, type PointSeries } from './metric-points.js';
import { type MetricState, metricState, spilledState } from './metric-state.js';
import { pointsPath } from './paths.js';
import { gather } from './point-columns.js';
import { PointsWriter } from './points-writer.js';
import { type OrderedPoints, type ResolvedMetric, resolveRepeatedSteps } from './repeated-steps.js';
import { type SequenceId, sequenceId } from './sequence.js';
import type { SpilledMetric } from './spilled-metric.js';
import type { StepOrders } from './step-order.js';
import { Summarizer } from './summary.js';

/** Points of further repetitions (`split`) and of datasets that are kept before they are written. */
const DEFERRED_POINTS = 2 ** 18;

/** A metric as MLflow names it, and the Aim sequence it becomes; points of datasets go to others beside it ({@link datasetSequences}). */
export interface MetricTarget {
  readonly key: string;
  readonly sequence: SequenceId;
}

/** A metric that is carried over unchanged from Aim. */
export interface KeptMetric {
  readonly sequence: SequenceId;
  /** Its records in the run's second database, in order of key. */
  readonly points: Iterable<DatabaseRecord>;
  /** The records of the first database that describe it. */
  readonly description: Iterable<DatabaseRecord>;
}

/** Decides what happens to metrics that could not be read. */
export interface KeptMetrics {
  /** Called when a metric has ended: whether Aim's version replaces what was read. */
  givesWay(key: string): boolean;
  /** Called when all metrics have ended: those to carry over unchanged, in the order of their sequences. */
  taken(): readonly KeptMetric[];
}

export interface MetricHooks {
  readonly onNotice: (notice: Notice) => void;
  /** Called with what appending to each sequence of a metric will need; undefined if nothing can be appended. */
  readonly onMetricWritten?:
    | ((key: string, state: MetricState | undefined, dataset: PointDataset | undefined) => void)
    | undefined;
  readonly kept?: KeptMetrics | undefined;
}

/** The run that the metrics belong to, and how they are treated. */
interface MetricsOfRun extends PointLimits {
  readonly hash: string;
}

interface Deferred {
  readonly sequence: SequenceId;
  readonly ordered: OrderedPoints;
}

interface SeriesTarget extends MetricTarget {
  readonly dataset: PointDataset | undefined;
}

/** What became of the points of a sequence. */
interface Written extends Pick<ResolvedMetric, 'collapsed' | 'renumbered'> {
  readonly received: number;
}

/** Writes the metrics of a run, which come one after the other in ascending order of their sequences. Holds one at a time, and of a long one a chunk. */
export class MetricsWriter {
  metrics = 0;
  points = 0;
  pointsCollapsed = 0;
  metricsRenumbered = 0;
  /** The latest time of any point received, in milliseconds. */
  lastTimestamp: number | undefined;

  private readonly writer: PointsWriter;
  private readonly incoming: MetricPoints;
  private target: MetricTarget | undefined;
  private deferred: Deferred[] = [];
  private deferredPoints = 0;

  constructor(
    private readonly database: DatabaseWriter,
    private readonly meta: MetaRecords,
    private readonly run: MetricsOfRun,
    private readonly orders: StepOrders,
    private readonly hooks: MetricHooks,
  ) {
    this.writer = new PointsWriter(database);
    this.incoming = new MetricPoints(database.directory, run, orders);
  }

  /** Takes the next points of `target`, those of a dataset in arrival order. */
  add(target: MetricTarget, batch: PointBatch): void {
    if (this.target?.key !== target.key) this.endMetric();
    this.target = target;
    for (const timestamp of batch.timestamps) this.noteTime(timestamp);
    this.incoming.add(target.key, batch);
  }

  /** Writes what is still buffered. */
  finish(): void {
    this.endMetric();
    this.writer.finish();
    this.flushDeferred();
    this.takeOver(this.hooks.kept?.taken() ?? []);
  }

  /** Removes temporary files. */
  abandon(): void {
    this.incoming.clear();
  }

  private endMetric(): void {
    const { target } = this;
    this.target = undefined;
    if (target === undefined) return;
    if (!this.hooks.kept?.givesWay(target.key)) {
      this.metrics++;
      this.report(target.key, this.endSeries(target));
    }
    this.incoming.clear();
  }

  private endSeries(target: MetricTarget): Written[] {
    const { series } = this.incoming;
    const datasets = series.flatMap(({ dataset }) => dataset ?? []);
    const sequenceOf = datasetSequences(target.sequence, datasets);
    return series.map((one) =>
      this.endOne({ key: target.key, sequence: sequenceOf(one.dataset), dataset: one.dataset }, one),
    );
  }

  private endOne(target: SeriesTarget, { columns, spilled }: PointSeries): Written {
    return spilled === undefined
      ? this.endInMemory(target, columns.view())
      : this.endSpilled(target, spilled, columns.view());
  }

  private endInMemory({ key, sequence, dataset }: SeriesTarget, points: PointBatch): Written {
    const resolved = resolveRepeatedSteps(points, this.run.repeatedSteps, this.orders);
    const [first, ...repetitions] = resolved.sequences;
    const summary = dataset === undefined ? this.write(sequence, first!) : this.defer(sequence, first!);
    this.hooks.onMetricWritten?.(
      key,
      repetitions.length > 0 ? undefined : metricState(points, this.run.repeatedSteps, resolved, summary),
      dataset,
    );
    for (const [i, ordered] of repetitions.entries()) {
      this.defer(sequenceId(sequence.name, new Map([...sequence.context, ['repeat', BigInt(i + 1)]])), ordered);
    }
    if (this.deferredPoints >= DEFERRED_POINTS) this.flushDeferred();
    return { received: points.steps.length, ...resolved };
  }

  private write(sequence: SequenceId, ordered: OrderedPoints): Summarizer {
    this.writer.write(this.path(sequence), ordered);
    return this.summarize(sequence, ordered);
  }

  /** Such sequences sort anywhere among the others, so they go into tables that may overlap with theirs. */
  private defer(sequence: SequenceId, { points, order }: OrderedPoints): Summarizer {
    const kept = gather(points, order.order);
    const ordered = { points: kept, order: { order: Uint32Array.from(order.order.keys()), ids: order.ids } };
    this.deferred.push({ sequence, ordered });
    this.deferredPoints += kept.steps.length;
    return this.summarize(sequence, ordered);
  }

  private endSpilled({ key, sequence, dataset }: SeriesTarget, spilled: SpilledMetric, rest: PointBatch): Written {
    spilled.add(rest);
    const summary = new Summarizer();
    const summarized = function* (): Generator<OrderedPoints> {
      for (const piece of spilled.pieces()) {
        summary.add(piece.points, piece.order.order);
        yield piece;
      }
    };
    const writer = dataset === undefined ? this.writer : new PointsWriter(this.database, 0);
    const points = writer.writePieces(this.path(sequence), summarized());
    this.points += points;
    this.meta.metric(sequence, summary.finish());
    this.hooks.onMetricWritten?.(key, spilledState(spilled, summary), dataset);
    return { received: points, collapsed: spilled.collapsed, renumbered: spilled.renumbered };
  }

  private flushDeferred(): void {
    if (this.deferred.length === 0) return;
    this.deferred.sort((a, b) => (a.sequence.key < b.sequence.key ? -1 : 1));
    const writer = new PointsWriter(this.database, 0);
    for (const { sequence, ordered } of this.deferred) writer.write(this.path(sequence), ordered);
    writer.finish();
    this.deferred = [];
    this.deferredPoints = 0;
  }

  /**
   * Only after all other metrics are written is it known which are carried over, and they can sort anywhere among them. They
   * therefore go into a table that may overlap.
   */
  private takeOver(metrics: readonly KeptMetric[]): void {
    let table: TableWriter | undefined;
    for (const { sequence, points, description } of metrics) {
      const times = this.path(sequence) + encodePath('time') + SENTINEL;
      for (const { key, value } of points) {
        table ??= this.database.table(0);
        table.add(key, value);
        if (key.startsWith(times)) this.noteTime(Math.round(value.readDoubleLE(TYPE_SIZE) * 1000));
      }
      this.meta.keep(description);
    }
    if (table !== undefined) this.database.close(table);
  }

  private noteTime(timestamp: number): void {
    if (this.lastTimestamp === undefined || timestamp > this.lastTimestamp) this.lastTimestamp = timestamp;
  }

  private summarize(sequence: SequenceId, { points, order }: OrderedPoints): Summarizer {
    const summary = new Summarizer();
    summary.add(points, order.order);
    this.points += order.order.length;
    this.meta.metric(sequence, summary.finish());
    return summary;
  }

  private report(metric: string, written: readonly Written[]): void {
    const collapsed = written.reduce((sum, one) => sum + one.collapsed, 0);
    const renumbered = written.reduce((sum, one) => sum + (one.renumbered ? one.received : 0), 0);
    this.pointsCollapsed += collapsed;
    if (collapsed > 0) this.hooks.onNotice({ kind: 'points-collapsed', metric, points: collapsed });
    if (renumbered === 0) return;
    this.metricsRenumbered++;
    this.hooks.onNotice({ kind: 'metric-renumbered', metric, points: renumbered });
  }

  private path(sequence: SequenceId): string {
    return pointsPath(this.run.hash, sequence.contextId, sequence.name);
  }
}
