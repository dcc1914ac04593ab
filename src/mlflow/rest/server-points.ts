import type { PointBatch, PointDataset } from '../../model.js';
import { splitByDataset } from '../common/dataset-points.js';

/** Some points of a history in the order of the server's response, in which those of several datasets may alternate. */
export interface ServerPoints extends PointBatch {
  readonly dataset?: never;
  /** By point; absent if none has one. */
  readonly datasets?: readonly (PointDataset | undefined)[];
}

/** The points as one batch for each dataset. */
export function byDataset({ datasets, ...points }: ServerPoints): Iterable<PointBatch> {
  return datasets === undefined ? [points] : splitByDataset(points, (at) => [datasets[at]]);
}

/** The points without the first ones. */
export function withoutFirst({ steps, values, timestamps, datasets }: ServerPoints, count: number): ServerPoints {
  return {
    steps: steps.slice(count),
    values: values.slice(count),
    timestamps: timestamps.slice(count),
    ...(datasets !== undefined && { datasets: datasets.slice(count) }),
  };
}
