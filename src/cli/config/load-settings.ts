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
  /** Those that count: where both set a flag, the environment's. */
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
  const fromFile = file === undefined ? [] : fileSettings(file, flagOptions(configurableCommands(program)), problems);
  // flags that share a list, such as those of artifact rules, are set together
  const targetOf = ({ flag }: Setting) => flags.get(flag)?.[0]?.attributeName();
  const taken = new Set(fromEnvironment.map(targetOf));
  const rest = fromFile.filter((setting) => flags.has(setting.flag) && !taken.has(targetOf(setting)));
  return { file, settings: [...fromEnvironment, ...rest], problems };
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
