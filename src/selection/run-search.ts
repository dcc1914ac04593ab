import { ConvertError } from '../errors.js';
import { globPattern } from '../glob/glob-pattern.js';
import type { RunSearch } from '../mlflow/common/run-search.js';
import type { Moment, RunSelection } from '../options.js';

/**
 * The conditions of a selection on single runs, which a store can search for. Throws a `fatal` error for a name that is no glob.
 * @param now milliseconds since the epoch
 */
export function runSearch(
  { runIds, runNames, since, until, statuses, filter }: RunSelection,
  now: number = Date.now(),
): RunSearch {
  return {
    ...(runIds !== undefined && { runIds: new Set(runIds) }),
    ...(runNames !== undefined && { isNamed: anyOf(runNames.map(nameTest)) }),
    ...(since !== undefined && { since: timeOf(since, now) }),
    ...(until !== undefined && { until: timeOf(until, now) }),
    ...(statuses !== undefined && { statuses: new Set(statuses) }),
    ...(filter !== undefined && { filter }),
  };
}

/** The moment as milliseconds since the epoch. */
export function timeOf(moment: Moment, now: number): number {
  return typeof moment === 'number' ? moment : now - moment.ago;
}

type NameTest = (name: string) => boolean;

function anyOf(tests: readonly NameTest[]): NameTest {
  return (name) => tests.some((test) => test(name));
}

/** Whether a name is this text, or matches it as a glob. Throws a `fatal` error where it is no glob. */
export function nameTest(text: string): NameTest {
  try {
    const matches = globPattern(text, '');
    return (name) => name === text || matches(name);
  } catch (cause) {
    const why = cause instanceof Error ? ` ${cause.message}` : '';
    const message = `The pattern ${JSON.stringify(text)} for names of runs cannot be used.${why}`;
    const hint = 'Patterns are globs such as sweep-*; a bracket that is part of a name is written \\[.';
    throw new ConvertError('fatal', 'invalid-argument', message, { hint, cause });
  }
}
