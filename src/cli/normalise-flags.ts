import type { Command } from 'commander';

/** The names that aimlflow uses. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['--mlflow-tracking-uri', '--tracking-uri'],
  ['--aim-repo', '--repo'],
]);

/** A flag without its value; the message is a sentence. */
export class MissingValueError extends Error {}

/**
 * Rewrites flags as `program` declares them: `--tracking_uri` and `--mlflow-tracking-uri` become `--tracking-uri`. Values
 * and everything after `--` are left alone.
 * @throws MissingValueError when a flag is followed by another flag instead of its value
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
    // Commander would read `--repo --quiet` as a directory called --quiet.
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
