import { Option } from 'commander';
import { ListOption } from './list-option.js';
import { parseMoment, parseStatus } from './selection-values.js';
import { parseInteger, parseText } from './values.js';

/** The heading of these options in a command's help. */
export const SELECTION_GROUP = 'Choosing runs:';

/** Which runs, the same for all commands that read a source; `selectionOf` has what they mean. */
export function selectionOptions(): Option[] {
  return [
    new ListOption(
      '-e, --experiment <ID|NAME|GLOB>',
      'only experiments with this id or name, or a name like this; repeatable',
      parseText,
      'all',
    ),
    new ListOption('--exclude-experiment <ID|NAME|GLOB>', 'not these experiments; repeatable', parseText),
    new ListOption(
      '--run-id <ID|@FILE>',
      'only these runs; a file has one id on each line, and - is the standard input; repeatable',
      parseText,
      'all',
    ),
    new ListOption('--run-name <GLOB>', 'only runs with a name like this; repeatable', parseText, 'all'),
    new Option(
      '--since <TIME>',
      'only runs that have started since: a date or time (UTC unless it says otherwise), or a duration such as 30d',
    ).argParser((text) => parseMoment(text, 'first')),
    new Option('--until <TIME>', 'only runs that have started until then; a date includes its whole day').argParser(
      (text) => parseMoment(text, 'last'),
    ),
    new ListOption(
      '--run-status <STATUS>',
      'only runs with this status in MLflow: running, scheduled, finished, failed, killed; repeatable',
      parseStatus,
      'all',
    ),
    new Option('--max-runs <N>', 'only the N runs of these that have started last').argParser(
      parseInteger(1, Number.MAX_SAFE_INTEGER),
    ),
    new Option(
      '--filter <FILTER>',
      "only runs that MLflow's search finds by this, such as: metrics.acc > 0.9 and params.model = 'vit'",
    ).argParser(parseText),
  ];
}
