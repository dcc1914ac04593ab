import type { CustomStages } from 'mlflow2aim';

/** Drops the second, fourth, sixth … point of each metric. */
export const everyOtherPoint: CustomStages = {
  version: 'every-other-point 1',

  async *histories(batches) {
    let metric: string | undefined;
    let seen = 0;
    for await (const { target, batch } of batches) {
      if (target.key !== metric) seen = 0;
      metric = target.key;
      const offset = seen;
      seen += batch.steps.length;
      const isKept = (_: unknown, index: number) => (offset + index) % 2 === 0;
      yield {
        target,
        batch: {
          ...batch,
          steps: batch.steps.filter(isKept),
          values: batch.values.filter(isKept),
          timestamps: batch.timestamps.filter(isKept),
        },
      };
    }
  },
};
