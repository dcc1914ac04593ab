import { readFileSync } from 'node:fs';
import { toConvertError } from '../errors.js';
import type { RunStatus } from '../model.js';
import type { RunSelection } from '../options.js';
import { SettingsError } from './settings-error.js';

/** The flags that choose runs, of all commands that read a source; `selectionOptions` declares them. */
export interface SelectionFlags {
  readonly experiment: readonly string[];
  readonly excludeExperiment: readonly string[];
  /** Ids, or files of them with an @ in front. */
  readonly runId: readonly string[];
  readonly runName: readonly string[];
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  readonly runStatus: readonly (readonly RunStatus[])[];
  readonly maxRuns?: number;
  readonly filter?: string;
}

/** All of them. */
export const SELECTING: readonly (keyof SelectionFlags)[] = [
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
  if (since !== undefined && until !== undefined && since > until) {
    throw new SettingsError('--since is later than --until: no run has started between.');
  }
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
