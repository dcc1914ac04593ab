import { join } from 'node:path';
import { ConvertError } from '../errors.js';
import type { PointBatch, PointDataset } from '../model.js';
import type { RepeatedSteps } from '../policies.js';
import { PointColumns } from './point-columns.js';
import { SpilledMetric } from './spilled-metric.js';
import type { StepOrders } from './step-order.js';

/** Points of one metric that are kept in memory; a longer metric goes through files. 24 bytes each. */
const POINTS_IN_MEMORY = 2 ** 18;

/** How points are treated, and how many are held. */
export interface PointLimits {
  readonly repeatedSteps: RepeatedSteps;
  /** Points of one metric that are held in memory (24 bytes each); a longer metric goes through files. */
  readonly pointsInMemory?: number | undefined;
}

/** The points of a metric that make a sequence of their own: those of one dataset, or those of none. */
export interface PointSeries {
  /** Absent for the points of none. */
  readonly dataset?: PointDataset;
  /** Those in memory. */
  readonly columns: PointColumns;
  /** Those before them, where there are too many. */
  spilled?: SpilledMetric;
}

/** The points of one metric while they come in; used again for the next metric. */
export class MetricPoints {
  private readonly plain: PointSeries = { columns: new PointColumns() };
  private readonly ofDatasets = new Map<string, PointSeries>();
  private inMemory = 0;
  private spills = 0;
  private readonly pointsInMemory: number;

  constructor(
    private readonly directory: string,
    private readonly run: PointLimits,
    private readonly orders: StepOrders,
  ) {
    this.pointsInMemory = run.pointsInMemory ?? POINTS_IN_MEMORY;
  }

  /** The series that have points, that of no dataset first. */
  get series(): readonly PointSeries[] {
    const all = [this.plain, ...this.ofDatasets.values()];
    return all.filter(({ columns, spilled }) => columns.length > 0 || spilled !== undefined);
  }

  /** Takes the next points of the metric `key`, in arrival order. */
  add(key: string, batch: PointBatch): void {
    const { columns } = batch.dataset === undefined ? this.plain : this.seriesOf(batch.dataset);
    columns.push(batch);
    this.inMemory += batch.steps.length;
    if (this.inMemory > this.pointsInMemory) this.spill(key);
  }

  /** Forgets all points, and removes temporary files. */
  clear(): void {
    for (const series of this.series) {
      series.columns.clear();
      series.spilled?.close();
    }
    delete this.plain.spilled;
    this.ofDatasets.clear();
    this.inMemory = 0;
  }

  private seriesOf(dataset: PointDataset): PointSeries {
    const key = JSON.stringify([dataset.name, dataset.digest]);
    const found = this.ofDatasets.get(key) ?? { dataset, columns: new PointColumns() };
    this.ofDatasets.set(key, found);
    return found;
  }

  /** Moves the longest series out of memory. */
  private spill(key: string): void {
    const { repeatedSteps } = this.run;
    if (repeatedSteps === 'split') throw tooLongToSplit(key, this.pointsInMemory);
    const longest = this.series.reduce((a, b) => (b.columns.length > a.columns.length ? b : a));
    const path = join(this.directory, `spill-${this.spills++}`);
    longest.spilled ??= new SpilledMetric(path, repeatedSteps, this.orders);
    longest.spilled.add(longest.columns.view());
    this.inMemory -= longest.columns.length;
    longest.columns.clear();
  }
}

function tooLongToSplit(key: string, pointsInMemory: number): ConvertError {
  const limit = pointsInMemory.toLocaleString('en');
  const message = `Metric ${key} has more than ${limit} points, too many for --repeated-steps split.`;
  return new ConvertError('skip-run', 'too-large', message, { hint: 'Convert this run with another policy.' });
}
