import type { Experiment } from '../model.js';

/** Names that a sentence tells of; the others are counted. */
const NAMED = 10;

/**
 * A sentence about the tags of experiments that have no place in Aim, whose experiments have a name and a description only;
 * undefined when there are none. MLflow's own, `mlflow.*`, are about MLflow.
 */
export function experimentTagsLeft(experiments: readonly Experiment[]): string | undefined {
  const ownTags = ({ tags }: Experiment) => [...tags.keys()].filter((name) => !name.startsWith('mlflow.'));
  const tagged = experiments.filter((experiment) => ownTags(experiment).length > 0);
  if (tagged.length === 0) return undefined;
  const names = [...new Set(tagged.flatMap(ownTags))].sort();
  const of = tagged.length === 1 ? `experiment ${tagged[0]!.name}` : `${tagged.length} experiments`;
  return `Aim has no place for the tags of ${of}: ${shortened(names)}.`;
}

function shortened(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
