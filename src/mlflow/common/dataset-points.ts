import type { PointBatch, PointDataset } from '../../model.js';

/**
 * The points of a batch, which is of no dataset, as one batch for each dataset, in the order in which these come first. Points keep
 * their order.
 *
 * @param datasetsOf what the point at an index was measured on; a point of several is in the batch of each
 */
export function splitByDataset(
  points: PointBatch,
  datasetsOf: (at: number) => readonly (PointDataset | undefined)[],
): Iterable<PointBatch> {
  const indices = new Map<string, { readonly dataset: PointDataset | undefined; readonly at: number[] }>();
  for (let at = 0; at < points.steps.length; at++) {
    for (const dataset of datasetsOf(at)) {
      const key = datasetKey(dataset);
      const found = indices.get(key);
      if (found === undefined) indices.set(key, { dataset, at: [at] });
      else found.at.push(at);
    }
  }
  return [...indices.values()].map(({ dataset, at }) => ({
    steps: BigInt64Array.from(at, (i) => points.steps[i]!),
    values: Float64Array.from(at, (i) => points.values[i]!),
    timestamps: Float64Array.from(at, (i) => points.timestamps[i]!),
    ...(dataset !== undefined && { dataset }),
  }));
}

/** Tells datasets apart. */
function datasetKey(dataset: PointDataset | undefined): string {
  return dataset === undefined ? '' : JSON.stringify([dataset.name, dataset.digest]);
}
