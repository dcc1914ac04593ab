import { Argument, Command, Option } from 'commander';
import { SHELLS, type Shell } from './completion/completion-script.js';
import { CONFIG_COMMAND, configOptions } from './config/config-option.js';
import type { ConfigFlags, ConvertFlags, IsGiven, ListFlags, PlanFlags, StatusFlags } from './flags.js';
import { COMPLETION_HELP, CONFIG_HELP, CONVERT_HELP, PROGRAM_HELP, VERIFY_HELP } from './help-texts.js';
import { addGroups } from './option-groups.js';
import { dryRunOptions } from './options/plan-options.js';
import { artifactOptions, mappingOptions } from './options/result-options.js';
import { runningOptions, watchOptions } from './options/running-options.js';
import { SELECTION_GROUP, selectionOptions } from './options/selection-options.js';
import { repoOption, sourceOptions } from './options/source-options.js';
import {
  comparisonOptions,
  policyOptions,
  verifyAfterwards,
  verifyPlaceOptions,
  verifyRunningOptions,
} from './options/verify-options.js';
import { addPlaces, addRepo, withPlaces } from './places.js';
import { addList, addPlan } from './plan-program.js';
import type { VerifyFlags } from './verify-settings.js';
import { packageVersion } from './version.js';

/** Called while parsing, with what the command line asks for. */
export interface Handlers {
  readonly convert: (flags: ConvertFlags, isGiven: IsGiven) => void;
  readonly verify: (flags: VerifyFlags, isGiven: (flag: keyof VerifyFlags) => boolean) => void;
  readonly plan: (flags: PlanFlags) => void;
  readonly list: (flags: ListFlags) => void;
  readonly status: (flags: StatusFlags) => void;
  /** Gets the command whose flags are asked for, undefined for all. */
  readonly config: (flags: ConfigFlags, command: string | undefined) => void;
  readonly completion: (shell: Shell) => void;
}

/** The commands and their flags. `sync` is `convert --watch`. Without a handler a command does nothing, which suffices to describe it. */
export function createProgram(handlers: Partial<Handlers> = {}): Command {
  const { convert = ignore, plan = ignore, list = ignore, verify = ignore, status = ignore } = handlers;
  const { config = ignore, completion = ignore } = handlers;
  const program = new Command('mlflow2aim')
    .description('Copies MLflow experiments, runs and artifacts into an Aim repository, and keeps it up to date.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'Print the help of a command.')
    .addHelpText('after', PROGRAM_HELP);
  addPlan(program, plan);
  addConvert(program, 'convert', convert).description(
    'Convert an MLflow store into an Aim repository, or bring an earlier conversion up to date.',
  );
  addConvert(program, 'sync', (flags, isGiven) => convert({ ...flags, watch: true }, isGiven)).description(
    'Convert, then follow changes in MLflow until stopped; the same as convert --watch.',
  );
  addVerify(program, verify);
  addList(program, list);
  const statusCommand = program
    .command('status')
    .description('Show what an Aim repository was converted from, how up to date it is, and what failed.')
    .helpOption('-h, --help', 'print this help')
    .addOption(repoOption())
    .addOption(new Option('--incomplete', 'list every run that could not be read completely, and why'))
    .addOption(new Option('--warnings', 'list what was changed on the way or left in MLflow, by kind and run by run'))
    .addOption(new Option('--json', 'print JSON'));
  addRepo(statusCommand).action((repo: string | undefined, flags: StatusFlags) =>
    status(withPlaces(flags, [undefined, repo], (flag) => statusCommand.getOptionValueSource(flag) === 'cli')),
  );
  addConfig(program, config);
  program
    .command('completion')
    .description('Print a script that completes commands and flags in a shell.')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', COMPLETION_HELP)
    .addArgument(new Argument('<SHELL>', 'your shell').choices(SHELLS))
    .action((shell: Shell) => completion(shell));
  return program;
}

function ignore(): void {}

/** Comes last: it tells of the flags of all commands before it. */
function addConfig(program: Command, handler: Handlers['config']): void {
  const configurable = [...program.commands];
  program
    .command(CONFIG_COMMAND)
    .description('Print the flags in force, and where each is set: environment, configuration file, or default.')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', CONFIG_HELP)
    .addArgument(new Argument('[COMMAND]', 'only its flags').choices(configurable.map((command) => command.name())))
    .addOption(new Option('--check', 'only check environment and file; exit code 2 if something cannot be used'))
    .addOption(new Option('--json', 'print JSON'))
    .action((command: string | undefined, flags: ConfigFlags) => handler(flags, command));
  for (const command of program.commands) addGroups(command, [['Configuration:', configOptions()]]);
}

function addVerify(program: Command, handler: Handlers['verify']): void {
  const command = program
    .command('verify')
    .description('Compare an Aim repository with the MLflow store it was converted from: every run, point and file.')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', VERIFY_HELP);
  addGroups(command, [
    ['Source and repository:', verifyPlaceOptions()],
    [SELECTION_GROUP, [...selectionOptions(), ...comparisonOptions()]],
    ['Policies (by default those of the last conversion):', policyOptions()],
    ['Running and reporting:', verifyRunningOptions()],
  ]);
  const isGiven = (flag: keyof VerifyFlags) => command.getOptionValueSource(flag) === 'cli';
  addPlaces(command).action((source: string | undefined, repo: string | undefined, flags: VerifyFlags) =>
    handler(withPlaces(flags, [source, repo], isGiven), isGiven),
  );
}

function addConvert(program: Command, name: string, handler: Handlers['convert']): Command {
  const command = program.command(name).helpOption('-h, --help', 'print this help').addHelpText('after', CONVERT_HELP);
  addGroups(command, [
    ['Source and destination:', sourceOptions()],
    [SELECTION_GROUP, selectionOptions()],
    ['Mapping:', mappingOptions()],
    ['Artifacts:', artifactOptions()],
    ['Following changes:', watchOptions().filter((option) => name === 'convert' || option.long !== '--watch')],
    ['Running and reporting:', [...runningOptions(), ...(name === 'convert' ? [verifyAfterwards()] : [])]],
    ...(name === 'convert' ? ([['Dry run:', dryRunOptions()]] as const) : []),
  ]);
  const isGiven: IsGiven = (flag) => command.getOptionValueSource(flag) === 'cli';
  return addPlaces(command).action((source: string | undefined, repo: string | undefined, flags: ConvertFlags) =>
    handler(withPlaces(flags, [source, repo], isGiven), isGiven),
  );
}
