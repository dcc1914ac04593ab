import { Command, Option } from 'commander';
import type { ConvertFlags, StatusFlags } from './flags.js';
import { CONVERT_HELP, PROGRAM_HELP } from './help-texts.js';
import { artifactOptions, mappingOptions } from './options/result-options.js';
import { runningOptions, watchOptions } from './options/running-options.js';
import { repoOption, sourceOptions } from './options/source-options.js';
import { packageVersion } from './version.js';

/** Called while parsing, with what the command line asks for. */
export interface Handlers {
  readonly convert: (flags: ConvertFlags) => void;
  readonly status: (flags: StatusFlags) => void;
}

/** The commands and their flags. `sync` is `convert --watch`. */
export function createProgram({ convert, status }: Handlers): Command {
  const program = new Command('mlflow2aim')
    .description('Copies MLflow experiments, runs and artifacts into an Aim repository, and keeps it up to date.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', PROGRAM_HELP);
  addConvert(program, 'convert', convert).description(
    'Convert an MLflow store into an Aim repository, or bring an earlier conversion up to date.',
  );
  addConvert(program, 'sync', (flags) => convert({ ...flags, watch: true })).description(
    'Convert, then follow changes in MLflow until stopped; the same as convert --watch.',
  );
  program
    .command('status')
    .description('Show what an Aim repository was converted from, how up to date it is, and what failed.')
    .helpOption('-h, --help', 'print this help')
    .addOption(repoOption())
    .addOption(new Option('--incomplete', 'list every run that could not be read completely, and why'))
    .addOption(new Option('--json', 'print JSON'))
    .action((flags: StatusFlags) => status(flags));
  return program;
}

function addConvert(program: Command, name: string, handler: Handlers['convert']): Command {
  const command = program.command(name).helpOption('-h, --help', 'print this help').addHelpText('after', CONVERT_HELP);
  const groups: ReadonlyArray<readonly [string, readonly Option[]]> = [
    ['Source and destination:', sourceOptions()],
    ['Mapping:', mappingOptions()],
    ['Artifacts:', artifactOptions()],
    ['Following changes:', watchOptions().filter((option) => name === 'convert' || option.long !== '--watch')],
    ['Running and reporting:', runningOptions()],
  ];
  for (const [group, options] of groups) for (const option of options) command.addOption(option.helpGroup(group));
  return command.action((flags: ConvertFlags) => handler(flags));
}
