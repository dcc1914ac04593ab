import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { asFatal, ConvertError, errorCode } from '../../errors.js';
import { readText } from '../../mlflow/local/read-text.js';
import type { Environment } from './environment.js';

/** Who chose a configuration file. */
type ChosenBy =
  /** `--config`, or its variable. */
  | 'name'
  /** The user's own directory of configuration files. */
  | 'user'
  /** It lies in the working directory: it may have come with a cloned project. */
  | 'working-directory';

/** A configuration file that exists. */
export interface ConfigFile {
  readonly path: string;
  readonly chosenBy: ChosenBy;
  readonly text: string;
}

const NAME = 'mlflow2aim.yaml';

/** A hundred times what all flags need. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads the configuration file: the one that is named, else the user's own, else the one in the working directory. Only one counts.
 * @throws ConvertError `fatal`, when there is one that cannot be read
 */
export function readConfigFile(named: string | undefined, env: Environment): ConfigFile | undefined {
  if (named !== undefined) return { path: named, chosenBy: 'name', text: read(named) };
  const directory = userDirectory(env);
  if (directory !== undefined) {
    const path = join(directory, NAME);
    const text = readIfThere(path);
    if (text !== undefined) return { path, chosenBy: 'user', text };
  }
  const text = readIfThere(NAME);
  return text === undefined ? undefined : { path: NAME, chosenBy: 'working-directory', text };
}

/** As the XDG Base Directory Specification has it: a relative path does not count. */
function userDirectory({ XDG_CONFIG_HOME: directory = '', HOME: home = '' }: Environment): string | undefined {
  if (isAbsolute(directory)) return directory;
  return isAbsolute(home) ? join(home, '.config') : undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return mayBeThere(path) ? read(path) : undefined;
  } catch (error) {
    if (error instanceof ConvertError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** Not in a directory that this user may not enter, such as the HOME that a container or `setpriv` has left from another user. */
function mayBeThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return errorCode(error) !== 'EACCES';
  }
}

function read(path: string): string {
  try {
    const { text, replaced } = readText(path, MAX_BYTES, tooLarge);
    if (!replaced) return text;
  } catch (cause) {
    throw asFatal(cause, `The configuration file ${path}`);
  }
  throw new ConvertError('fatal', 'damaged-file', `The configuration file ${path} is not text in UTF-8.`, {
    where: path,
  });
}

function tooLarge(path: string): ConvertError {
  const message = `The configuration file ${path} is larger than ${MAX_BYTES / 1024} KiB.`;
  return new ConvertError('fatal', 'too-large', message, { where: path });
}
