import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryPath } from '../aim/repository.js';
import { ConvertError } from '../errors.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import { enclosingStore, type MlflowDirectory } from '../mlflow/file/enclosing-store.js';
import { resolveLinks } from '../mlflow/local/resolve-links.js';
import { uriTarget } from '../mlflow/locations/file-uri.js';
import type { ResolvedOptions } from '../options.js';

/**
 * Throws a `fatal` error if the repository is, or would be, in a directory of MLflow's: a file store that contains an `.aim`
 * can no longer be listed, and in an artifact directory it would be an artifact. Creates nothing.
 */
export function checkRepositoryPlace(
  { repo, source }: Pick<ResolvedOptions, 'repo' | 'source'>,
  { changes }: Pick<TrackingStore, 'changes'>,
): void {
  const path = resolveLinks(repositoryPath(repo));
  const known: MlflowDirectory[] = [];
  if (changes.type === 'directory') known.push({ what: 'the MLflow store', path: changes.root });
  if (source.artifactsDestination !== undefined) {
    const target = uriTarget(source.artifactsDestination);
    const paths = target.kind === 'local' ? target.paths : [];
    for (const each of paths) known.push({ what: 'the artifacts that MLflow serves', path: each });
  }
  const enclosing = enclosingStore(dirname(path), known);
  if (enclosing === undefined) return;
  const outside = freePlace(dirname(enclosing.path));
  const isThere = existsSync(path);
  const verb = isThere ? 'lies' : 'would lie';
  throw new ConvertError(
    'fatal',
    'inside-mlflow',
    `The Aim repository ${path} ${verb} in ${enclosing.what} ${enclosing.path}.`,
    {
      where: path,
      hint: isThere
        ? `MLflow takes it for one of its own. Move it out (mkdir -p '${outside}' && mv '${path}' '${outside}/') and run again with --repo '${outside}'.`
        : `MLflow would take it for one of its own; use --repo '${outside}'.`,
    },
  );
}

/** A directory for a repository at or below this one. */
function freePlace(directory: string): string {
  return (
    [directory, join(directory, 'aim')].find((place) => !existsSync(join(place, '.aim'))) ?? join(directory, 'aim-2')
  );
}
