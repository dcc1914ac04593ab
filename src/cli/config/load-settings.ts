import type { Command } from 'commander';
import { ConvertError } from '../../errors.js';
import { parseSwitch } from '../options/values.js';
import { type ConfigFile, readConfigFile } from './config-file.js';
import { configOptions, configurableCommands } from './config-option.js';
import { type Environment, environmentSettings } from './environment.js';
import { fileSettings } from './file-settings.js';
import { flagOptions, type Setting } from './setting.js';

/** What environment and configuration file say. */
export interface LoadedSettings {
  readonly file: ConfigFile | undefined;
  /** Those that count: where both set a flag, the environment's; of the file, what it says of a single command. */
  readonly settings: readonly Setting[];
  /** Sentences about what cannot be used. If there are some, nothing should be done. */
  readonly problems: readonly string[];
}

/**
 * Reads and checks what environment and configuration file say of the flags of `commands`.
 * @param program its commands' flags may all be in the file
 * @param config the file that the command line names, or `false` for none
 */
export function loadSettings(
  commands: readonly Command[],
  program: Command,
  config: string | false | undefined,
  env: Environment,
): LoadedSettings {
  const problems: string[] = [];
  const flags = flagOptions(commands);
  const file = findFile(config, env, problems);
  const fromEnvironment = environmentSettings(flags, env, problems);
  const fromFile = file === undefined ? [] : fileSettings(file, configurableCommands(program), problems);
  // flags that share a list, such as those of artifact rules, are set together
  const targetOf = ({ flag }: Setting) => flags.get(flag)?.[0]?.attributeName();
  const without = (settings: readonly Setting[], stronger: readonly Setting[]) => {
    const taken = new Set(stronger.map(targetOf));
    return settings.filter((setting) => !taken.has(targetOf(setting)));
  };
  const names = commands.map((command) => command.name());
  const general = fromFile.filter(({ flag, command }) => command === undefined && flags.has(flag));
  const special = fromFile.filter(({ command }) => command !== undefined && names.includes(command));
  const ofFile =
    commands.length === 1 ? [...special.map(forAll), ...without(general, special)] : [...general, ...special];
  return { file, settings: [...fromEnvironment, ...without(ofFile, fromEnvironment)], problems };
}

function forAll({ command: _, ...setting }: Setting): Setting {
  return setting;
}

function findFile(config: string | false | undefined, env: Environment, problems: string[]): ConfigFile | undefined {
  const choice = config ?? choiceOf(env, problems);
  if (choice === false) return undefined;
  try {
    return readConfigFile(choice, env);
  } catch (error) {
    if (!(error instanceof ConvertError)) throw error;
    problems.push(error.sentence);
    return undefined;
  }
}

function choiceOf(env: Environment, problems: string[]): string | false | undefined {
  const settings = environmentSettings(flagOptions([{ options: configOptions() }]), env, problems);
  const text = (flag: string) => settings.find((setting) => setting.flag === flag)?.texts[0];
  const none = text('--no-config');
  return none !== undefined && parseSwitch(none) ? false : text('--config');
}
