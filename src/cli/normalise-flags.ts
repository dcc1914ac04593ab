import { type Command, InvalidArgumentError } from 'commander';
import { isSwitch } from './config/setting.js';
import { declaredFlag } from './options/aliases.js';
import { parseSwitch } from './options/values.js';

/** A flag without its value, or a switch with one that is none; the message is a sentence. */
export class FlagValueError extends Error {}

/** Arguments as the program declares them. */
export interface NormalFlags {
  readonly argv: readonly string[];
  /** Switches that are turned off, with their dashes. */
  readonly off: ReadonlySet<string>;
}

/**
 * Rewrites flags as `program` declares them: `--tracking_uri` and `--mlflow-tracking-uri` become `--tracking-uri`,
 * `--quiet=true` becomes `--quiet`, and `--quiet=false` is taken out. Values and everything after `--` are left alone.
 * @throws FlagValueError when a flag is followed by another flag instead of its value
 */
export function normaliseFlags(argv: readonly string[], program: Command): NormalFlags {
  const options = [program, ...program.commands].flatMap((command) => command.options);
  const known = new Set(options.map((option) => option.long));
  const takesValue = new Set(options.filter((option) => option.required).map((option) => option.long));
  const switches = new Set(options.filter(isSwitch).map((option) => option.long));

  let normalised: string[] = [];
  const off = new Set<string>();
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index]!;
    if (argument === '--') return { argv: [...normalised, ...argv.slice(index)], off };
    const flag = normaliseFlag(argument);
    const [name, setTo] = splitFlag(flag);
    if (switches.has(name)) {
      const isOn = setTo === undefined || isTrue(name, setTo);
      if (isOn) off.delete(name);
      else off.add(name);
      normalised = normalised.filter((earlier) => earlier !== name);
      if (isOn) normalised.push(name);
      continue;
    }
    normalised.push(flag);
    const value = argv[index + 1];
    if (!takesValue.has(flag) || value === undefined) continue;
    // Commander would read `--repo --quiet` as a directory called --quiet.
    if (known.has(normaliseFlag(value))) throw new FlagValueError(`The flag ${flag} needs a value before ${value}.`);
    normalised.push(value);
    index += 1;
  }
  return { argv: normalised, off };
}

function normaliseFlag(argument: string): string {
  if (!argument.startsWith('--')) return argument;
  const [written, value] = splitFlag(argument);
  return declaredFlag(written) + (value === undefined ? '' : `=${value}`);
}

function splitFlag(argument: string): readonly [name: string, value?: string] {
  const end = argument.indexOf('=');
  return end < 0 ? [argument] : [argument.slice(0, end), argument.slice(end + 1)];
}

function isTrue(flag: string, text: string): boolean {
  try {
    return parseSwitch(text);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new FlagValueError(`${flag} is '${text}'. ${error.message}`);
    throw error;
  }
}
