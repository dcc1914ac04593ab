import { withoutSecrets } from '../../mapping/url-secrets.js';
import { parseSwitch } from '../options/values.js';
import { type FlagOptions, isList, isSwitch, type Setting } from './setting.js';

/** A flag as the command line would leave it. */
export interface FlagInForce {
  /** Without its dashes. */
  readonly name: string;
  /** The only command for which it is set so. */
  readonly command?: string;
  /** The texts of a list, whether a switch is on, or one text; null when the flag has no value. Without secrets. */
  readonly value: readonly string[] | boolean | string | null;
  /** What the help says of the value when it is a default. */
  readonly description: string | undefined;
  readonly source: Setting['origin'] | 'default';
  /** The variable, or the file and line. */
  readonly where: string | undefined;
}

/** The flags that are set, in the order in which they are told; then those that have their defaults. */
export function flagsInForce(flags: FlagOptions, settings: readonly Setting[]): FlagInForce[] {
  const set = settings.map(({ flag, texts, origin, where, command }) => ({
    name: flag.slice(2),
    ...(command !== undefined && { command }),
    value: shown(flags, flag, texts.map(withoutSecrets)),
    description: undefined,
    source: origin,
    where,
  }));
  const isSet = (flag: string) => settings.some((setting) => setting.flag === flag && setting.command === undefined);
  const rest = [...flags.keys()].filter((flag) => !isSet(flag));
  return [...set, ...rest.map((flag) => atDefault(flags, flag))];
}

function atDefault(flags: FlagOptions, flag: string): FlagInForce {
  const [option] = flags.get(flag)!;
  const { defaultValue, defaultValueDescription } = option!;
  const description = defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue));
  const value = isList(option!) ? [] : isSwitch(option!) ? false : (description ?? null);
  return { name: flag.slice(2), value, description, source: 'default', where: undefined };
}

function shown(flags: FlagOptions, flag: string, texts: readonly string[]): FlagInForce['value'] {
  const [option] = flags.get(flag)!;
  if (isList(option!)) return texts;
  return isSwitch(option!) ? parseSwitch(texts[0]!) : texts[0]!;
}
