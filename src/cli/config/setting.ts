import type { Option } from 'commander';
import { InvalidArgumentError } from 'commander';
import { ListOption } from '../options/list-option.js';
import { parseSwitch } from '../options/values.js';

/** What the environment or a configuration file says of one flag. */
export interface Setting {
  /** With its dashes: `--max-artifact-size`. */
  readonly flag: string;
  /** As they would stand on the command line: one value, any number for a list, `true` or `false` for a switch. */
  readonly texts: readonly string[];
  readonly origin: 'environment' | 'file';
  /** The variable, or the file and line. */
  readonly where: string;
  /** The only command that it is meant for, where a file says so. */
  readonly command?: string;
}

/** The flags of some commands, and what each of those declares for it. */
export type FlagOptions = ReadonlyMap<string, readonly Option[]>;

export function flagOptions(commands: readonly { readonly options: readonly Option[] }[]): FlagOptions {
  const flags = new Map<string, Option[]>();
  for (const option of commands.flatMap((command) => command.options)) {
    flags.set(option.long!, [...(flags.get(option.long!) ?? []), option]);
  }
  return flags;
}

/** Whether a flag may be given several times. */
export function isList(option: Option): boolean {
  return option instanceof ListOption || option.variadic;
}

/** Whether a flag takes no value. */
export function isSwitch(option: Option): boolean {
  return !option.required && !option.optional;
}

/**
 * What the command line would make of a setting.
 * @param before the value of the flag without it
 * @throws InvalidArgumentError with a sentence that says what is expected
 */
export function settingValue(option: Option, texts: readonly string[], before: unknown): unknown {
  const [text] = texts;
  if (!isList(option) && (text === undefined || texts.length > 1))
    throw new InvalidArgumentError('Expected one value.');
  if (isSwitch(option)) return parseSwitch(text!) ? !option.negate : before;
  return texts.reduce<unknown>((value, one) => (option.parseArg ? option.parseArg(one, value) : one), before);
}
