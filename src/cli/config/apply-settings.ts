import type { Command } from 'commander';
import { type Setting, settingValue } from './setting.js';

/**
 * Sets the flags of a command to what environment and file say, except those that the command line sets.
 * @param settings valid ones, at most one origin for each flag
 * @param off switches that the command line turns off
 */
export function applySettings(command: Command, settings: readonly Setting[], off: ReadonlySet<string>): void {
  const options = new Map(command.options.map((option) => [option.long, option]));
  const targets = (flags: Iterable<string>) => [...flags].flatMap((flag) => options.get(flag)?.attributeName() ?? []);
  const ofCommandLine = new Set([
    ...targets(off),
    ...command.options
      .map((option) => option.attributeName())
      .filter((name) => command.getOptionValueSource(name) === 'cli'),
  ]);
  for (const { flag, texts, origin } of settings) {
    const option = options.get(flag);
    if (option === undefined || ofCommandLine.has(option.attributeName())) continue;
    const name = option.attributeName();
    const value = settingValue(option, texts, command.getOptionValue(name));
    command.setOptionValueWithSource(name, value, origin === 'environment' ? 'env' : 'config');
  }
}
