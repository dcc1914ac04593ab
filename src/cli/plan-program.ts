import type { Command } from 'commander';
import type { IsGiven, ListFlags, PlanFlags } from './flags.js';
import { PLAN_HELP } from './help-texts.js';
import { addGroups } from './option-groups.js';
import { listOptions, paceOptions, planOptions, quietOption } from './options/plan-options.js';
import { artifactOptions, mappingOptions } from './options/result-options.js';
import { SELECTION_GROUP, selectionOptions } from './options/selection-options.js';
import { sourceOptions } from './options/source-options.js';
import { addPlaces, addSource, withPlaces } from './places.js';

/** The command `plan` and its flags. */
export function addPlan(program: Command, handler: (flags: PlanFlags) => void): void {
  const command = program
    .command('plan')
    .description('Show what convert would do, how long it would take, and what Aim cannot hold. Writes nothing.')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', PLAN_HELP);
  addGroups(command, [
    ['Source and destination:', sourceOptions()],
    [SELECTION_GROUP, selectionOptions()],
    ['Mapping:', mappingOptions()],
    ['Artifacts:', artifactOptions()],
    ['Running and reporting:', [...paceOptions(), ...planOptions(), quietOption()]],
  ]);
  const isGiven: IsGiven = (flag) => command.getOptionValueSource(flag) === 'cli';
  addPlaces(command).action((source: string | undefined, repo: string | undefined, flags: PlanFlags) =>
    handler(withPlaces(flags, [source, repo], isGiven)),
  );
}

/** The command `list` and its flags. */
export function addList(program: Command, handler: (flags: ListFlags) => void): void {
  const command = program
    .command('list')
    .description('List the experiments of an MLflow store: id, runs, last change, name.')
    .helpOption('-h, --help', 'print this help');
  for (const option of listOptions()) command.addOption(option);
  const isGiven = (flag: string) => command.getOptionValueSource(flag) === 'cli';
  addSource(command).action((source: string | undefined, flags: ListFlags) =>
    handler(withPlaces(flags, [source], isGiven)),
  );
}
