import type { Command } from 'commander';

/** Names that users of aimlflow know. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['--mlflow-tracking-uri', '--tracking-uri'],
  ['--aim-repo', '--repo'],
]);

/** Thrown for a flag without its value; the message is a sentence. */
export class MissingValueError extends Error {}

/**
 * Writes every flag as `program` knows it: `--tracking_uri` and `--mlflow-tracking-uri` become `--tracking-uri`. Values,
 * and everything after `--`, stay as they are.
 * @throws MissingValueError when a flag stands where the value of another should be
 */
export function normaliseFlags(argv: readonly string[], program: Command): string[] {
  const options = [program, ...program.commands].flatMap((command) => command.options);
  const known = new Set(options.map((option) => option.long));
  const takesValue = new Set(options.filter((option) => option.required).map((option) => option.long));

  const normalised: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index]!;
    if (argument === '--') return [...normalised, ...argv.slice(index)];
    const flag = normaliseFlag(argument);
    normalised.push(flag);
    const value = argv[index + 1];
    if (!takesValue.has(flag) || value === undefined) continue;
    // Commander would take `--repo --quiet` for a directory called --quiet.
    if (known.has(normaliseFlag(value))) throw new MissingValueError(`The flag ${flag} needs a value before ${value}.`);
    normalised.push(value);
    index += 1;
  }
  return normalised;
}

function normaliseFlag(argument: string): string {
  if (!argument.startsWith('--')) return argument;
  const end = argument.includes('=') ? argument.indexOf('=') : argument.length;
  const name = argument.slice(0, end).replaceAll('_', '-');
  return (ALIASES.get(name) ?? name) + argument.slice(end);
}
