import type { Command } from 'commander';
import { padRight, printable } from '../report/text-width.js';
import { CONFIG_FLAGS, configurableCommands } from './config/config-option.js';
import { misspeltVariables } from './config/environment.js';
import { type FlagInForce, flagsInForce } from './config/flags-in-force.js';
import { formatList } from './config/list-text.js';
import { type LoadedSettings, loadSettings } from './config/load-settings.js';
import { problemLines } from './config/problem.js';
import { flagOptions } from './config/setting.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import type { ConfigSettings } from './settings.js';

/**
 * Prints which flags are in force and where each was set, or what is wrong in environment and file.
 * @param program whose commands' flags are meant
 * @returns the exit code: 2 if something cannot be used
 */
export function runConfig(
  { command, config, check, json }: ConfigSettings,
  program: Command,
  { stdout, stderr, env }: Pick<Io, 'stdout' | 'stderr' | 'env'>,
): number {
  const all = configurableCommands(program);
  const commands = all.filter((one) => command === undefined || one.name() === command);
  const loaded = loadSettings(commands, program, config, env);
  const isGood = loaded.problems.length === 0;
  const notes = misspeltVariables(flagOptions(all), env);
  const flags = check || !isGood ? [] : flagsInForce(flagOptions(commands), loaded.settings).filter(isOfCommands);
  for (const note of notes) stderr.write(`note: ${printable(note)}\n`);
  if (json) stdout.write(`${JSON.stringify(record(loaded, flags), null, 2)}\n`);
  else if (!isGood) stderr.write(`${problemLines(loaded.problems).join('\n')}\n`);
  else stdout.write(`${[...headLines(loaded, check), ...tableLines(flags, loaded)].join('\n')}\n`);
  return isGood ? ExitCode.Done : ExitCode.Usage;
}

/** The file is told in the first line. */
function isOfCommands({ name }: FlagInForce): boolean {
  return !CONFIG_FLAGS.has(`--${name}`);
}

function record({ file, problems }: LoadedSettings, flags: readonly FlagInForce[]): object {
  return {
    file: file?.path ?? null,
    problems,
    flags: flags.map(({ name, command, value, source, where }) => ({
      name,
      ...(command !== undefined && { command }),
      value,
      source,
      ...(where !== undefined && { where }),
    })),
  };
}

function headLines({ file, settings }: LoadedSettings, check: boolean): string[] {
  const name =
    file === undefined
      ? 'No configuration file.'
      : `Configuration file: ${printable(file.path)}${file.chosenBy === 'working-directory' ? ', in the working directory' : ''}`;
  if (!check) return [name, ''];
  const count = (origin: string) => settings.filter((setting) => setting.origin === origin).length;
  const ofFile = count('file') === 1 ? '1 flag is' : `${count('file')} flags are`;
  return [name, `No problems: ${ofFile} set by the file, ${count('environment')} by the environment.`];
}

function tableLines(flags: readonly FlagInForce[], { file }: LoadedSettings): string[] {
  const rows = flags.map((flag) => [nameText(flag), sourceText(flag, file?.path), valueText(flag)] as const);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map(
    ([name, source, value]) => `${padRight(name, widths[0]!)}  ${padRight(source, widths[1]!)}  ${value}`,
  );
}

function nameText({ name, command }: FlagInForce): string {
  return command === undefined ? name : `${command}: ${name}`;
}

function sourceText({ source, where }: FlagInForce, file = ''): string {
  if (where === undefined) return source;
  return where.startsWith(`${file}:`) ? `line ${where.slice(file.length + 1)}` : where;
}

function valueText({ value, description }: FlagInForce): string {
  if (value === null) return '-';
  if (typeof value !== 'object') return printable(String(value));
  return value.length === 0 ? (description ?? 'none') : printable(formatList(value));
}
