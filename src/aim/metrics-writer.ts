import { join } from 'node:path';
import { ConvertError } from '../errors.js';
import type { Notice, PointBatch } from '../model.js';
import type { RepeatedSteps } from '../policies.js';
import type { DatabaseRecord } from '../rocksdb/database.js';
import type { DatabaseWriter } from '../rocksdb/database-writer.js';
import type { TableWriter } from '../rocksdb/table-writer.js';
import { encodePath, SENTINEL, TYPE_SIZE } from './encoding.js';
import type { MetaRecords } from './meta-records.js';
import { type MetricState, metricState, spilledState } from './metric-state.js';
import { pointsPath } from './paths.js';
import { gather, PointColumns } from './point-columns.js';
import { PointsWriter } from './points-writer.js';
import { type OrderedPoints, resolveRepeatedSteps } from './repeated-steps.js';
import { type SequenceId, sequenceId } from './sequence.js';
import { SpilledMetric } from './spilled-metric.js';
import type { StepOrders } from './step-order.js';
import { Summarizer } from './summary.js';

const POINTS_IN_MEMORY = 2 ** 18;

/** Points of further repetitions (`split`) that are buffered before they are written. */
const DEFERRED_POINTS = 2 ** 18;

/** A metric as MLflow names it, and the Aim sequence it becomes. */
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
  /** Called with the state that appending to the metric needs; undefined if nothing can be appended. */
  readonly onMetricWritten?: ((key: string, state: MetricState | undefined) => void) | undefined;
  readonly kept?: KeptMetrics | undefined;
}

/** The run that the metrics belong to, and how they are treated. */
interface MetricsOfRun {
  readonly hash: string;
  readonly repeatedSteps: RepeatedSteps;
  /** Points of one metric that are held in memory (24 bytes each); a longer metric goes through a file. */
  readonly pointsInMemory?: number | undefined;
}

interface Deferred {
  readonly sequence: SequenceId;
  readonly ordered: OrderedPoints;
}

/**
 * Writes the metrics of a run, which arrive one after another in ascending order of their sequences. Holds one metric at a
 * time, or one chunk of a long metric.
 */
export class MetricsWriter {
  metrics = 0;
  points = 0;
  pointsCollapsed = 0;
  metricsRenumbered = 0;
  /** The latest time of any point received, in milliseconds. */
  lastTimestamp: number | undefined;

  private readonly writer: PointsWriter;
  private readonly pointsInMemory: number;
  private readonly columns = new PointColumns();
  private target: MetricTarget | undefined;
  private spilled: SpilledMetric | undefined;
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
    this.pointsInMemory = run.pointsInMemory ?? POINTS_IN_MEMORY;
  }

  /** Takes the next points of `target`, in arrival order. */
  add(target: MetricTarget, batch: PointBatch): void {
    if (this.target?.key !== target.key) this.endMetric();
    this.target = target;
    for (const timestamp of batch.timestamps) this.noteTime(timestamp);
    this.columns.push(batch);
    if (this.columns.length > this.pointsInMemory) this.spill(target);
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
    this.spilled?.close();
    this.spilled = undefined;
  }

  private spill({ key }: MetricTarget): void {
    if (this.run.repeatedSteps === 'split') {
      const limit = this.pointsInMemory.toLocaleString('en');
      throw new ConvertError(
        'skip-run',
        'too-large',
        `Metric ${key} has more than ${limit} points, too many for --repeated-steps split.`,
        {
          hint: 'Convert this run with another policy.',
        },
      );
    }
    this.spilled ??= new SpilledMetric(join(this.database.directory, 'spill'), this.run.repeatedSteps, this.orders);
    this.spilled.add(this.columns.view());
    this.columns.clear();
  }

  private endMetric(): void {
    const { target } = this;
    this.target = undefined;
    if (target === undefined) return;
    if (this.hooks.kept?.givesWay(target.key)) {
      this.abandon();
      this.columns.clear();
      return;
    }
    this.metrics++;
    if (this.spilled !== undefined) this.endSpilled(target, this.spilled);
    else if (this.columns.length > 0) this.endInMemory(target);
    this.columns.clear();
  }

  private endInMemory({ key, sequence }: MetricTarget): void {
    const points = this.columns.view();
    const resolved = resolveRepeatedSteps(points, this.run.repeatedSteps, this.orders);
    const [first, ...repetitions] = resolved.sequences;
    this.writer.write(this.path(sequence), first!);
    const summary = this.summarize(sequence, first!);
    this.hooks.onMetricWritten?.(
      key,
      repetitions.length > 0 ? undefined : metricState(points, this.run.repeatedSteps, resolved, summary),
    );
    for (const [i, { points, order }] of repetitions.entries()) {
      const repeated = sequenceId(sequence.name, new Map([...sequence.context, ['repeat', BigInt(i + 1)]]));
      const kept = gather(points, order.order);
      const identity = Uint32Array.from(order.order.keys());
      this.deferred.push({ sequence: repeated, ordered: { points: kept, order: { order: identity, ids: order.ids } } });
      this.deferredPoints += identity.length;
    }
    if (this.deferredPoints >= DEFERRED_POINTS) this.flushDeferred();
    this.report(key, points.steps.length, resolved.collapsed, resolved.renumbered);
  }

  private endSpilled({ key, sequence }: MetricTarget, spilled: SpilledMetric): void {
    spilled.add(this.columns.view());
    const summary = new Summarizer();
    const summarized = function* (): Generator<OrderedPoints> {
      for (const piece of spilled.pieces()) {
        summary.add(piece.points, piece.order.order);
        yield piece;
      }
    };
    const points = this.writer.writePieces(this.path(sequence), summarized());
    this.points += points;
    this.meta.metric(sequence, summary.finish());
    this.report(key, points, spilled.collapsed, spilled.renumbered);
    this.hooks.onMetricWritten?.(key, spilledState(spilled, summary));
    spilled.close();
    this.spilled = undefined;
  }

  /** Repetitions can sort anywhere among the other sequences, so they go into tables that may overlap with the others. */
  private flushDeferred(): void {
    if (this.deferred.length === 0) return;
    this.deferred.sort((a, b) => (a.sequence.key < b.sequence.key ? -1 : 1));
    const writer = new PointsWriter(this.database, 0);
    for (const { sequence, ordered } of this.deferred) {
      writer.write(this.path(sequence), ordered);
      this.summarize(sequence, ordered);
    }
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

  private report(metric: string, points: number, collapsed: number, renumbered: boolean): void {
    if (collapsed > 0) this.hooks.onNotice({ kind: 'points-collapsed', metric, points: collapsed });
    if (renumbered) this.hooks.onNotice({ kind: 'metric-renumbered', metric, points });
    this.pointsCollapsed += collapsed;
    if (renumbered) this.metricsRenumbered++;
  }

  private path(sequence: SequenceId): string {
    return pointsPath(this.run.hash, sequence.contextId, sequence.name);
  }
}
