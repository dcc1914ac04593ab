import type { Experiment } from '../../model.js';
import type { LedgerPlace } from '../../state/ledger.js';

/**
 * Tells of which experiments Aim's row may be another's, because a name means one experiment in Aim: those whose name several have in
 * MLflow, and any where runs were converted of an experiment that is gone, and whose name nobody knows.
 */
export function sharesName(
  experiments: readonly Experiment[],
  places: readonly LedgerPlace[],
): (experiment: Experiment) => boolean {
  const ids = new Set(experiments.map(({ id }) => id));
  if (places.some(({ experimentId }) => experimentId === undefined || !ids.has(experimentId))) return () => true;
  const counts = new Map<string, number>();
  for (const { name } of experiments) counts.set(name, (counts.get(name) ?? 0) + 1);
  return ({ name }) => (counts.get(name) ?? 0) > 1;
}
