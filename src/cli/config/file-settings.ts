import { printable } from '../../report/text-width.js';
import { declaredFlag } from '../options/aliases.js';
import { closestWord } from './closest-word.js';
import type { ConfigFile } from './config-file.js';
import { CONFIG_FLAGS } from './config-option.js';
import { type FileEntry, parseFile } from './parse-file.js';
import { problemOf } from './problem.js';
import { type FlagOptions, isList, type Setting } from './setting.js';
import { whyRefused } from './working-directory-file.js';

/**
 * What a configuration file says, in its order. All of it is checked, also what the command at hand has no use for.
 * @param flags of all commands
 * @param problems takes sentences about what cannot be used
 */
export function fileSettings(file: ConfigFile, flags: FlagOptions, problems: string[]): Setting[] {
  const settings = new Map<string, Setting>();
  const mayCome = file.chosenBy === 'working-directory';
  let refused = false;
  for (const entry of parseFile(file)) {
    if (typeof entry === 'string') {
      problems.push(entry);
      continue;
    }
    const { texts, where } = entry;
    const flag = declaredFlag(`--${entry.key}`);
    const problem = settings.has(flag) ? `${entry.key} is there twice.` : problemOfEntry(entry, flag, flags);
    const refusal = problem === undefined && mayCome ? whyRefused(flag, texts) : undefined;
    refused ||= refusal !== undefined;
    const why = problem ?? refusal;
    if (why === undefined) settings.set(flag, { flag, texts, origin: 'file', where });
    else problems.push(`${where}: ${why}`);
  }
  if (refused) {
    problems.push(
      `${file.path} was merely found in the working directory, and may have come with a cloned project. ` +
        `If you trust it, use --config ${file.path}; --no-config ignores it.`,
    );
  }
  return [...settings.values()];
}

/** Why an entry cannot be used, as a sentence. */
function problemOfEntry(
  { key, texts, isList: listed }: FileEntry,
  flag: string,
  flags: FlagOptions,
): string | undefined {
  if (CONFIG_FLAGS.has(flag)) return `${key} chooses the configuration file, and has no meaning in it.`;
  const options = flags.get(flag);
  if (options === undefined) return `There is no flag --${printable(key)}.${suggestion(key, flags)}`;
  if (listed && !options.every(isList)) return `${key} takes one value, not a list.`;
  return problemOf(options, texts, key);
}

function suggestion(key: string, flags: FlagOptions): string {
  const names = [...flags.keys()].map((flag) => flag.slice(2));
  // somebody who writes `artifacts: false` means it
  const closest = names.includes(`no-${key}`) ? `no-${key}: true` : closestWord(key, names);
  return closest === undefined ? '' : ` Did you mean ${closest}?`;
}
