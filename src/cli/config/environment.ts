import { closestWord } from '../../words/closest-word.js';
import { parseList } from './list-text.js';
import { problemOf, problemWith } from './problem.js';
import { type FlagOptions, isList, type Setting } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'MLFLOW2AIM_';

const EXPECTED_LIST = 'Expected values separated by commas; a value with a comma in it is put in quotes: "a, b".';

/** A variable of MLflow's, or of everybody's, that a flag listens to unless its own is set. */
interface SharedVariable {
  readonly name: string;
  /** What the variable says in the words of the flag. */
  readonly text: (value: string) => string;
}

const SHARED: ReadonlyMap<string, SharedVariable> = new Map<string, SharedVariable>([
  ['--tracking-uri', { name: 'MLFLOW_TRACKING_URI', text: (value) => value.trim() }],
  ['--workspace', { name: 'MLFLOW_WORKSPACE', text: (value) => value }],
  // https://no-color.org: any value, also 0
  ['--no-color', { name: 'NO_COLOR', text: () => 'true' }],
]);

/** The variable that sets a flag: `--max-artifact-size` is `MLFLOW2AIM_MAX_ARTIFACT_SIZE`. */
export function variableOf(flag: string): string {
  return PREFIX + flag.slice(2).replaceAll('-', '_').toUpperCase();
}

/**
 * What the environment says of these flags; an empty variable says nothing. Variables of no flag are not looked at: Kubernetes sets
 * `MLFLOW2AIM_PORT` and others wherever a service is called mlflow2aim.
 * @param problems takes sentences about what cannot be used
 */
export function environmentSettings(flags: FlagOptions, env: Environment, problems: string[]): Setting[] {
  return [...flags].flatMap(([flag, options]) => {
    const found = variable(flag, env);
    if (found === undefined) return [];
    const { name, text } = found;
    const texts = options.some(isList) ? parseList(text) : [text];
    const problem = texts === undefined ? problemWith(name, [text], EXPECTED_LIST) : problemOf(options, texts, name);
    if (problem !== undefined) problems.push(problem);
    return texts === undefined || problem !== undefined ? [] : [{ flag, texts, origin: 'environment', where: name }];
  });
}

function variable(flag: string, env: Environment): { readonly name: string; readonly text: string } | undefined {
  const own = { name: variableOf(flag), text: (value: string) => value };
  for (const { name, text } of [own, SHARED.get(flag) ?? own]) {
    const value = env[name];
    if (value !== undefined && value.trim() !== '') return { name, text: text(value) };
  }
  return undefined;
}

/** What Kubernetes sets for a service. */
const OF_SERVICE = /(?:^|_)(?:PORT|SERVICE_HOST)(?:_|$)/;

/** Sentences about variables that are ignored, and look like a misspelt one. */
export function misspeltVariables(flags: FlagOptions, env: Environment): string[] {
  const names = [...flags.keys()].map(variableOf);
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith(PREFIX) || names.includes(name) || OF_SERVICE.test(name.slice(PREFIX.length))) return [];
    const words = names.map((known) => known.slice(PREFIX.length));
    const closest = closestWord(name.slice(PREFIX.length), words);
    return closest === undefined ? [] : [`${name} is ignored. Did you mean ${PREFIX}${closest}?`];
  });
}
