import type { PointDataset } from '../model.js';
import { type SequenceId, sequenceId } from './sequence.js';
import type { AimKey, AimValue } from './value.js';

/**
 * Names the sequences of a metric's points: those of no dataset are `sequence`, those of a dataset have the context
 * `{"dataset": name}` besides. Where two of the metric's datasets have one name, each has its digest beside it, if it has one.
 *
 * @param datasets all datasets of the metric, each once
 */
export function datasetSequences(
  sequence: SequenceId,
  datasets: readonly PointDataset[],
): (dataset: PointDataset | undefined) => SequenceId {
  const ofName = new Map<string, number>();
  for (const { name } of datasets) ofName.set(name, (ofName.get(name) ?? 0) + 1);
  return (dataset) => {
    if (dataset === undefined) return sequence;
    const { name, digest } = dataset;
    const context = new Map<AimKey, AimValue>([...sequence.context, ['dataset', name]]);
    if (ofName.get(name) !== 1 && digest !== '') context.set('digest', digest);
    return sequenceId(sequence.name, context);
  };
}
