import { type Command, Option } from 'commander';
import { parseText } from '../options/values.js';

/** The flags that choose the configuration file. */
export function configOptions(): Option[] {
  return [
    new Option(
      '--config <FILE>',
      'read flags from this file (default: ~/.config/mlflow2aim.yaml, else ./mlflow2aim.yaml)',
    ).argParser(parseText),
    new Option('--no-config', 'read no configuration file'),
  ];
}

export const CONFIG_FLAGS: ReadonlySet<string> = new Set(configOptions().map((option) => option.long!));

/** The command that tells of the others' flags, and has none that environment or file could set. */
export const CONFIG_COMMAND = 'config';

/** Commands whose flags environment and file may set. */
export function configurableCommands(program: Command): readonly Command[] {
  return program.commands.filter(
    (command) => command.name() !== CONFIG_COMMAND && command.options.some((option) => option.long === '--config'),
  );
}
