import { ConvertError } from '../errors.js';
import { globPattern } from '../glob/glob-pattern.js';

const PATTERNS = new Map<string, (key: string) => boolean>();

/**
 * A test for keys of tags; a key that is written as it is matches itself, whatever it would be as a glob. Throws a `fatal`
 * {@link ConvertError} for what is no glob.
 */
export function labelPattern(glob: string): (key: string) => boolean {
  let matches = PATTERNS.get(glob);
  if (matches === undefined) {
    const pattern = compile(glob);
    matches = (key) => key === glob || pattern(key);
    PATTERNS.set(glob, matches);
  }
  return matches;
}

function compile(glob: string): (key: string) => boolean {
  try {
    return globPattern(glob, '');
  } catch (cause) {
    const why = cause instanceof Error ? ` ${cause.message}` : '';
    throw new ConvertError('fatal', 'invalid-argument', `The label ${glob} is no glob for keys of tags.${why}`, {
      cause,
    });
  }
}
