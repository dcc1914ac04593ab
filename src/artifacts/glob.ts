import { ConvertError } from '../errors.js';
import { globPattern } from '../glob/glob-pattern.js';
import type { ArtifactRule } from '../policies.js';

/**
 * A test for artifact paths. As in a .gitignore, a pattern without a slash is matched against the file's name in
 * whichever directory it lies, one with a slash (in front will do) against the whole path from the run's artifact root,
 * and one that ends in a slash stands for everything in such a directory. `*` stays within a name, `**` does not; names
 * that begin with a dot are names like all others.
 *
 * @throws ConvertError `fatal` when the pattern is empty or unusable.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const isDirectory = glob.endsWith('/');
  const isAnywhere = !glob.slice(0, -1).includes('/');
  const path = glob.startsWith('/') ? glob.slice(1) : glob;
  try {
    const matches = globPattern(isDirectory ? `${isAnywhere ? '**/' : ''}${path}**` : path);
    return isAnywhere && !isDirectory ? (file) => matches(file.slice(file.lastIndexOf('/') + 1)) : matches;
  } catch (cause) {
    const why = cause instanceof Error ? ` ${cause.message}` : '';
    throw new ConvertError(
      'fatal',
      'invalid-argument',
      `The pattern ${JSON.stringify(glob)} for artifacts cannot be used.${why}`,
      {
        hint: 'Patterns are globs such as *.png or checkpoints/**; a bracket that is part of a name is written \\[.',
        cause,
      },
    );
  }
}

/**
 * Whether the user wants an artifact: the last rule that matches decides. Where none does, it is wanted, unless the
 * first rule says what to include; then only that is.
 *
 * @throws ConvertError `fatal` when a pattern is unusable.
 */
export function artifactFilter(rules: readonly ArtifactRule[]): (path: string) => boolean {
  const matchers = rules.map(({ include, glob }) => ({ include, matches: globMatcher(glob) }));
  const otherwise = rules[0]?.include !== true;
  return (path) => matchers.findLast(({ matches }) => matches(path))?.include ?? otherwise;
}
