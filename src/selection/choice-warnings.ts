import { ConvertError } from '../errors.js';
import type { Warning } from '../events.js';
import type { ChosenRuns } from './chosen-runs.js';

/** Run ids that a message names. */
const NAMED = 10;

/** A listing, as far as these warnings are about it. */
interface Choice {
  readonly chosen?: Pick<ChosenRuns, 'isEmpty'> | undefined;
  readonly unknownRunIds: readonly string[];
}

/** The `fatal` error about run ids that the source does not have; undefined if there are none. */
export function unknownRuns({ unknownRunIds: ids }: Choice): ConvertError | undefined {
  if (ids.length === 0) return undefined;
  const more = ids.length > NAMED ? `, and ${(ids.length - NAMED).toLocaleString('en')} more` : '';
  const named = ids.slice(0, NAMED).join(', ') + more;
  const message =
    ids.length === 1 ? `The source has no run ${named}.` : `The source does not have these runs: ${named}.`;
  return new ConvertError('fatal', 'run-not-found', message, { hint: 'Check the ids that --run-id names.' });
}

/** What to tell of a choice that is likely to be a mistake, when it is followed all the same. */
export function choiceWarnings(choice: Choice): Warning[] {
  const unknown = unknownRuns(choice);
  if (unknown !== undefined) return [{ code: 'unknown-run', message: unknown.message }];
  if (choice.chosen?.isEmpty !== true) return [];
  return [{ code: 'nothing-chosen', message: 'No run of the source meets all conditions by which runs are chosen.' }];
}
