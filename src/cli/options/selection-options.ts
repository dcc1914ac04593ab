import type { Option } from 'commander';
import { ListOption } from './list-option.js';
import { parseText } from './values.js';

/** The heading of these options in a command's help. */
export const SELECTION_GROUP = 'Choosing runs:';

/** Which runs, the same for all commands that read a source; `selectionOf` has what they mean. */
export function selectionOptions(): Option[] {
  return [
    new ListOption(
      '--experiment <ID|NAME|GLOB>',
      'only experiments with this id or name, or a name like this; repeatable',
      parseText,
      'all',
    ),
    new ListOption('--exclude-experiment <ID|NAME|GLOB>', 'not these experiments; repeatable', parseText),
  ];
}
