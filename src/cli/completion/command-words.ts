import type { Argument, Command, Option } from 'commander';
import { isList } from '../config/setting.js';

/** What may stand in the place of a value. */
export type ValueKind =
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'file' }
  | { readonly type: 'directory' }
  /** What nobody can guess. */
  | { readonly type: 'text' };

/** A flag as completions know it. */
export interface FlagWords {
  /** With its dashes. */
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly isRepeatable: boolean;
  /** Undefined for a switch. */
  readonly value: ValueWords | undefined;
}

/** A command as completions know it. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagWords[];
  /** Its positional arguments. */
  readonly values: readonly ValueWords[];
}

export interface ValueWords {
  readonly name: string;
  readonly kind: ValueKind;
}

/** A program as completions know it. */
export interface ProgramWords {
  /** `help` among them. */
  readonly commands: readonly CommandWords[];
  /** Of the program itself. */
  readonly flags: readonly FlagWords[];
}

export function programWords(program: Command): ProgramWords {
  const commands = program.createHelp().visibleCommands(program);
  return { commands: commands.map((command) => commandWords(command, commands)), flags: flagWords(program) };
}

function commandWords(command: Command, all: readonly Command[]): CommandWords {
  const values = command.registeredArguments.map((argument) => {
    const name = argument.name();
    // of `help`
    return { name, kind: name === 'command' ? choice(all) : kindOf(argument, name) };
  });
  return { name: command.name(), description: command.description(), flags: flagWords(command), values };
}

function flagWords(command: Command): FlagWords[] {
  const options = command.createHelp().visibleOptions(command);
  return options.map((option) => ({
    long: option.long!,
    short: option.short,
    description: option.description,
    isRepeatable: isList(option),
    value: valueOfFlag(option),
  }));
}

function valueOfFlag(option: Option): FlagWords['value'] {
  const [, name] = /[<[](.*)[>\]]/.exec(option.flags) ?? [];
  return name === undefined ? undefined : { name, kind: kindOf(option, name) };
}

function choice(commands: readonly Command[]): ValueKind {
  return { type: 'choice', choices: commands.map((command) => command.name()) };
}

/** The names of values say what they are: `<FILE.json>`, `<DIR|URI>`. */
function kindOf({ argChoices }: Pick<Option | Argument, 'argChoices'>, name: string): ValueKind {
  if (argChoices !== undefined) return { type: 'choice', choices: argChoices };
  if (/FILE/.test(name)) return { type: 'file' };
  return /DIR|URI|SOURCE|REPO/.test(name) ? { type: 'directory' } : { type: 'text' };
}
