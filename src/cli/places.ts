import type { Command } from 'commander';
import { parseText } from './options/values.js';
import { SettingsError } from './settings-error.js';

interface PlaceFlags {
  readonly trackingUri?: string;
  readonly repo?: string;
}

/** Adds the arguments SOURCE and REPO, which are the same as --tracking-uri and --repo; see {@link withPlaces}. */
export function addPlaces(command: Command): Command {
  return addRepo(addSource(command));
}

/** The same for a command without a repository. */
export function addSource(command: Command): Command {
  return command.argument('[SOURCE]', 'the same as --tracking-uri', parseText);
}

/** The same for a command without a source. */
export function addRepo(command: Command): Command {
  return command.argument('[REPO]', 'the same as --repo', parseText);
}

/**
 * The flags of a command with {@link addPlaces}, and what it was given as arguments. These go before environment and file.
 * @param isGiven whether a flag is on the command line
 * @throws SettingsError for what is given twice
 */
export function withPlaces<Flags extends PlaceFlags>(
  flags: Flags,
  [source, repo]: readonly (string | undefined)[],
  isGiven: (flag: keyof PlaceFlags) => boolean,
): Flags {
  if (source !== undefined && isGiven('trackingUri')) throw givenTwice('source', source, '--tracking-uri');
  if (repo !== undefined && isGiven('repo')) throw givenTwice('repository', repo, '--repo');
  return { ...flags, ...(source !== undefined && { trackingUri: source }), ...(repo !== undefined && { repo }) };
}

function givenTwice(what: string, argument: string, flag: string): SettingsError {
  return new SettingsError(`The ${what} is given twice: as ${argument} and by ${flag}.`);
}
