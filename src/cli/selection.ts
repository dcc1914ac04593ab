import { readFileSync } from 'node:fs';
import { toConvertError } from '../errors.js';
import { parseFilter } from '../mlflow/search/filter-parser.js';
import type { RunStatus } from '../model.js';
import type { Moment, RunSelection } from '../options.js';
import { nameTest, timeOf } from '../selection/run-search.js';
import { SettingsError } from './settings-error.js';

/** The flags that choose runs, of all commands that read a source; `selectionOptions` declares them. */
export interface SelectionFlags {
  readonly experiment: readonly string[];
  readonly excludeExperiment: readonly string[];
  /** Ids, or files of them with an @ in front. */
  readonly runId: readonly string[];
  readonly runName: readonly string[];
  readonly since?: Moment;
  readonly until?: Moment;
  readonly runStatus: readonly (readonly RunStatus[])[];
  readonly maxRuns?: number;
  readonly filter?: string;
  /** A server has its own say about a filter. */
  readonly trackingUri?: string;
}

/** All of them. */
export const SELECTING: readonly Exclude<keyof SelectionFlags, 'trackingUri'>[] = [
  'experiment',
  'excludeExperiment',
  'runId',
  'runName',
  'since',
  'until',
  'runStatus',
  'maxRuns',
  'filter',
];

const STANDARD_INPUT = 0;

/**
 * What the flags choose; reads the files that they name.
 * @throws SettingsError
 */
export function selectionOf(flags: SelectionFlags): RunSelection {
  const { runId, runName, since, until, runStatus, maxRuns, filter } = flags;
  const now = Date.now();
  if (since !== undefined && until !== undefined && timeOf(since, now) > timeOf(until, now)) {
    throw new SettingsError('--since is later than --until: no run has started between.');
  }
  for (const name of runName) check(() => nameTest(name));
  const { trackingUri } = flags;
  const isLocal = trackingUri !== undefined && !/^https?:/i.test(trackingUri);
  if (filter !== undefined && isLocal) check(() => parseFilter(filter));
  return {
    ...experimentsOf(flags),
    ...(runId.length > 0 && { runIds: [...new Set(runId.flatMap(runIdsOf))] }),
    ...(runName.length > 0 && { runNames: runName }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(runStatus.length > 0 && { statuses: runStatus.flat() }),
    ...(maxRuns !== undefined && { maxRuns }),
    ...(filter !== undefined && { filter }),
  };
}

/** As {@link selectionOf}, for a command that is about experiments only. */
export function experimentsOf({
  experiment,
  excludeExperiment,
}: Pick<SelectionFlags, 'experiment' | 'excludeExperiment'>): RunSelection {
  return {
    ...(experiment.length > 0 && { experiments: experiment }),
    ...(excludeExperiment.length > 0 && { excludeExperiments: excludeExperiment }),
  };
}

/** What is wrong whatever the source has. Not so the glob of an experiment, which may be the name of one. */
function check(parse: () => unknown): void {
  try {
    parse();
  } catch (cause) {
    throw new SettingsError(toConvertError(cause, 'fatal', '').sentence);
  }
}

/** Of a file, all lines but empty ones and comments. */
function runIdsOf(text: string): string[] {
  if (!text.startsWith('@')) return [text.trim()];
  const file = text.slice(1);
  const ids = readLines(file)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (ids.length === 0)
    throw new SettingsError(`There are no run ids in ${file === '-' ? 'the standard input' : file}.`);
  return ids;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file === '-' ? STANDARD_INPUT : file, 'utf8').split('\n');
  } catch (cause) {
    throw new SettingsError(`The run ids cannot be read. ${toConvertError(cause, 'fatal', file).sentence}`);
  }
}
