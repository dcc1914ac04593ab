import type { PointBatch, PointDataset } from '../../model.js';
import type { RepeatedSteps } from '../../policies.js';
import { PointCollector, type PointColumns } from './point-columns.js';

/** What one look at a whole history tells of the points of one dataset, or of those of none. */
export interface Series {
  readonly dataset: PointDataset | undefined;
  readonly points: number;
  /** Their steps become 0, 1, 2 … */
  readonly isToNumber: boolean;
  readonly isRenumbered: boolean;
  /** All points, where those of the metric are few enough. */
  readonly columns: PointColumns | undefined;
}

/** A first look at a whole history. */
export class Survey {
  lastTime: number | undefined;
  private points = 0;
  private readonly found = new Map<string, SeriesSurvey>();

  constructor(
    private readonly policy: RepeatedSteps,
    private readonly pointsAtOnce: number,
  ) {}

  add(batch: PointBatch): void {
    const { policy, pointsAtOnce } = this;
    for (const time of batch.timestamps) if (this.lastTime === undefined || time > this.lastTime) this.lastTime = time;
    this.points += batch.steps.length;
    const id = datasetId(batch.dataset);
    const series = this.found.get(id) ?? new SeriesSurvey(batch.dataset, policy);
    this.found.set(id, series);
    series.add(batch);
    if (this.points > pointsAtOnce) for (const one of this.found.values()) one.collector = undefined;
  }

  series(): Series[] {
    return [...this.found.values()].filter(({ points }) => points > 0).map((one) => one.series());
  }
}

class SeriesSurvey {
  points = 0;
  collector: PointCollector | undefined = new PointCollector();
  private first: bigint | undefined;
  private isOnOneStep = true;
  /** The steps are 0, 1, 2 … Asked for by `index` alone: two points at one step are never 0, 1. */
  private isNumbered: boolean;

  constructor(
    private readonly dataset: PointDataset | undefined,
    private readonly policy: RepeatedSteps,
  ) {
    this.isNumbered = policy === 'index';
  }

  add(batch: PointBatch): void {
    this.first ??= batch.steps[0];
    this.isOnOneStep &&= batch.steps.every((step) => step === this.first);
    const from = this.points;
    this.isNumbered &&= batch.steps.every((step, i) => step === BigInt(from + i));
    this.points += batch.steps.length;
    this.collector?.add(batch);
  }

  series(): Series {
    const { dataset, policy, points, isNumbered, collector } = this;
    const isToNumber = policy === 'index' || (policy === 'auto' && this.isOnOneStep && points > 1);
    return { dataset, points, isToNumber, isRenumbered: isToNumber && !isNumbered, columns: collector?.columns() };
  }
}

/** Tells datasets apart. */
export function datasetId(dataset: PointDataset | undefined): string {
  return dataset === undefined ? '' : JSON.stringify([dataset.name, dataset.digest]);
}
