import { isAbsolute, relative } from 'node:path';
import { resolveLinks } from '../../mlflow/local/resolve-links.js';
import { uriTarget } from '../../mlflow/locations/file-uri.js';

/**
 * What the configuration file in the working directory may set: which runs are converted, how, and how that is shown. It may have come
 * with a project that was cloned, like the data there. Therefore it decides neither what is read elsewhere or run, nor who is sent
 * requests and credentials, nor what is written, replaced or removed outside of the directory, nor what is held for converted. A
 * flag that is not listed may not be set.
 */
export const HARMLESS: ReadonlySet<string> = new Set([
  '--experiment',
  '--exclude-experiment',
  '--run-name',
  '--since',
  '--until',
  '--run-status',
  '--max-runs',
  '--filter',
  '--workspace',
  '--include-deleted',
  '--repeated-steps',
  '--context',
  '--raw-params',
  '--stale-after',
  '--label',
  '--include-artifacts',
  '--exclude-artifacts',
  '--no-artifacts',
  '--max-artifact-size',
  '--max-text-size',
  '--image-sequences',
  '--terminal-log',
  '--watch',
  '--interval',
  '--reconcile',
  '--poll',
  '--wait-for-source',
  '--concurrency',
  '--requests-per-second',
  '--log-format',
  '--quiet',
  '--verbose',
  '--no-color',
  '--incomplete',
  '--warnings',
  '--json',
]);

/** Flags that it may set to places in the working directory. */
export const INSIDE: ReadonlySet<string> = new Set(['--tracking-uri', '--repo']);

/** Why the file in the working directory may not set a flag to these values, as a sentence; undefined if it may. */
export function whyRefused(flag: string, texts: readonly string[]): string | undefined {
  if (HARMLESS.has(flag)) return undefined;
  const name = flag.slice(2);
  if (flag === '--run-id') {
    return texts.some((text) => text.startsWith('@')) ? `${name} may not name a file here.` : undefined;
  }
  if (!INSIDE.has(flag)) return `${name} may not be set by this file.`;
  return texts.every(isInside) ? undefined : `${name} may not be set by this file to a place outside of its directory.`;
}

/** Links are followed: one may have come with the project, too. */
function isInside(place: string): boolean {
  const [, database = place] = /^sqlite:\/\/\/([^?#]*)$/.exec(place) ?? [];
  const target = uriTarget(database);
  return (
    target.kind === 'local' && target.paths.every((path) => !leadsOut(relative(resolveLinks('.'), resolveLinks(path))))
  );
}

function leadsOut(path: string): boolean {
  return isAbsolute(path) || path.split(/[\\/]/)[0] === '..';
}
