import type { Command, Option } from 'commander';

/** Flags under the heading that they have in the help of a command. */
type OptionGroup = readonly [heading: string, options: readonly Option[]];

/** Adds flags to a command, group by group. */
export function addGroups(command: Command, groups: readonly OptionGroup[]): void {
  for (const [heading, options] of groups) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
}
