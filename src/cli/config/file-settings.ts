import type { Command } from 'commander';
import { printable } from '../../report/text-width.js';
import { declaredFlag } from '../options/aliases.js';
import { closestWord } from './closest-word.js';
import type { ConfigFile } from './config-file.js';
import { CONFIG_FLAGS } from './config-option.js';
import { type FileEntry, parseFile } from './parse-file.js';
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
  for (const entry of parseFile(file)) {
    const setting = typeof entry === 'string' ? entry : settingOf(entry, commands);
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

/** What an entry sets, or a sentence that says why it cannot be used. */
function settingOf(entry: FileEntry, all: readonly Command[]): Setting | string {
  const { key, texts, where, section } = entry;
  const commands = section === undefined ? all : all.filter((command) => command.name() === section);
  if (section !== undefined && commands.length === 0) {
    const names = all.map((command) => command.name());
    return `${where}: There is no command ${printable(section)}.${suggestion(section, names)}`;
  }
  const flag = declaredFlag(`--${key}`);
  const problem = problemOfEntry(entry, flag, flagOptions(commands));
  if (problem !== undefined) return `${where}: ${problem}`;
  return { flag, texts, origin: 'file', where, ...(section !== undefined && { command: section }) };
}

function problemOfEntry(entry: FileEntry, flag: string, flags: FlagOptions): string | undefined {
  const { key, texts, section } = entry;
  if (CONFIG_FLAGS.has(flag)) return `${key} chooses the configuration file, and has no meaning in it.`;
  const options = flags.get(flag);
  if (options === undefined) {
    const names = [...flags.keys()].map((known) => known.slice(2));
    const nobody = section === undefined ? 'There is no flag' : `${section} has no flag`;
    return `${nobody} --${printable(key)}.${suggestion(key, names)}`;
  }
  if (entry.isList && !options.every(isList)) return `${key} takes one value, not a list.`;
  return problemOf(options, texts, key);
}

function suggestion(name: string, names: readonly string[]): string {
  // somebody who writes `artifacts: false` means it
  const closest = names.includes(`no-${name}`) ? `no-${name}: true` : closestWord(name, names);
  return closest === undefined ? '' : ` Did you mean ${closest}?`;
}
