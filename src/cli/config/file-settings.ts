import type { Command } from 'commander';
import { printable } from '../../report/text-width.js';
import { closestWord } from '../../words/closest-word.js';
import { declaredFlag } from '../options/aliases.js';
import type { ConfigFile } from './config-file.js';
import { CONFIG_FLAGS } from './config-option.js';
import { type FileEntry, type FileSection, parseFile } from './parse-file.js';
import { problemOf } from './problem.js';
import { type FlagOptions, flagOptions, isList, type Setting } from './setting.js';
import { whyRefused } from './working-directory-file.js';

/**
 * What a configuration file says, in its order. All of it is checked, also what the command at hand has no use for.
 * @param commands whose flags it may set
 * @param problems takes sentences about what cannot be used
 */
export function fileSettings(file: ConfigFile, commands: readonly Command[], problems: string[]): Setting[] {
  const settings = new Map<string, Setting>();
  let isRefused = false;
  for (const setting of readSettings(file, commands)) {
    if (typeof setting === 'string') {
      problems.push(setting);
      continue;
    }
    const { flag, texts, where, command = '' } = setting;
    const key = `${command} ${flag}`;
    const refusal = file.chosenBy === 'working-directory' ? whyRefused(flag, texts) : undefined;
    isRefused ||= refusal !== undefined;
    if (settings.has(key)) problems.push(`${where}: ${flag.slice(2)} is there twice.`);
    else if (refusal !== undefined) problems.push(`${where}: ${refusal}`);
    else settings.set(key, setting);
  }
  if (isRefused) problems.push(hint(file.path));
  return [...settings.values()];
}

function hint(path: string): string {
  return (
    `${path} was merely found in the working directory, and may have come with a cloned project. ` +
    `If you trust it, use --config ${path}; --no-config ignores it.`
  );
}

/** The settings of a file, and sentences about what is none. */
function* readSettings(file: ConfigFile, commands: readonly Command[]): Generator<Setting | string> {
  const flags = flagOptions(commands);
  for (const entry of parseFile(file)) {
    if (typeof entry === 'string') yield entry;
    else if ('texts' in entry) yield settingOf(entry, flags);
    else yield* sectionSettings(entry, commands, flags);
  }
}

/** What a file says of one command. */
function* sectionSettings(
  { key, where, entries }: FileSection,
  commands: readonly Command[],
  flags: FlagOptions,
): Generator<Setting | string> {
  const command = commands.find((one) => one.name() === key);
  if (command === undefined) {
    const names = commands.map((one) => one.name());
    yield flags.has(declaredFlag(`--${key}`))
      ? `${where}: ${key} takes a value, or a list of values. One that begins with { is put in quotes.`
      : `${where}: There is no command ${printable(key)}.${suggestion(key, names)}`;
    return;
  }
  const own = flagOptions([command]);
  for (const entry of entries) yield typeof entry === 'string' ? entry : settingOf(entry, own, key);
}

/** What an entry sets, or a sentence that says why it cannot be used. */
function settingOf(entry: FileEntry, flags: FlagOptions, command?: string): Setting | string {
  const { key, texts, where } = entry;
  const flag = declaredFlag(`--${key}`);
  const options = flags.get(flag);
  if (CONFIG_FLAGS.has(flag)) return `${where}: ${key} chooses the configuration file, and has no meaning in it.`;
  if (options === undefined) {
    const names = [...flags.keys()].map((known) => known.slice(2));
    const nobody = command === undefined ? 'There is no flag' : `${command} has no flag`;
    return `${where}: ${nobody} --${printable(key)}.${suggestion(key, names)}`;
  }
  if (entry.isList && !options.every(isList)) return `${where}: ${key} takes one value, not a list.`;
  const problem = problemOf(options, texts, key);
  if (problem !== undefined) return `${where}: ${problem}`;
  return { flag, texts, origin: 'file', where, ...(command !== undefined && { command }) };
}

function suggestion(name: string, names: readonly string[]): string {
  // somebody who writes `artifacts: false` means it
  const closest = names.includes(`no-${name}`) ? `no-${name}: true` : closestWord(name, names);
  return closest === undefined ? '' : ` Did you mean ${closest}?`;
}
