import { isAbsolute, join, resolve } from 'node:path';
import { ConvertError } from '../../errors.js';
import type { ArtifactFile, StageContext } from '../../model.js';
import type { ArtifactOpener, ArtifactRepository } from '../artifacts/artifact-repository.js';
import { listArtifacts, readArtifact } from '../file/artifacts.js';
import { uriTarget, withoutCredentials } from '../file/file-uri.js';
import { isDirectory } from '../file/layout.js';

/**
 * Artifacts of runs in a database, where they lie on this machine's file system. A relative location was relative to where MLflow
 * ran, which is most often the directory of the database; one that is gone may have moved together with the database.
 */
export class LocalArtifacts implements ArtifactOpener {
  readonly #bases: readonly string[];

  /** @param bases the directories to which relative locations may be relative, in this order */
  constructor(bases: readonly string[]) {
    this.#bases = [...new Set(bases.map((base) => resolve(base)))];
  }

  at(_runId: string, artifactUri: string | undefined): ArtifactRepository {
    const place = this.#find(artifactUri);
    return {
      list: (context) => listPlace(place, context),
      open: (file, signal) => openPlace(place, file, signal),
    };
  }

  async close(): Promise<void> {}

  #find(artifactUri: string | undefined): Place {
    if (artifactUri === undefined) return {};
    const uri = withoutCredentials(artifactUri);
    const target = uriTarget(artifactUri);
    if (target.kind === 'remote') {
      return { trouble: { uri, detail: `Files at ${target.scheme}: locations cannot be read from a database yet.` } };
    }
    const own = target.kind === 'local' ? target.paths : [];
    const named = own.flatMap((path) => (isAbsolute(path) ? [path] : this.#bases.map((base) => resolve(base, path))));
    const directory = [...named, ...this.#moved(artifactUri)].find(isDirectory);
    if (directory !== undefined) return { directory };
    // MLflow makes the directory when the first file is logged; so a run without files has none
    if (target.kind === 'local' && named.some((path) => isDirectory(resolve(path, '../..')))) return {};
    const detail = target.kind === 'foreign' ? target.reason : 'does not exist, or may not be looked at';
    return { trouble: { uri, detail: `The artifact location ${detail}.` } };
  }

  /** `…/<experiment>/<run>/artifacts` → `<base>/mlruns/<experiment>/<run>/artifacts` */
  #moved(artifactUri: string): string[] {
    const last = artifactUri
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .slice(-3);
    if (last.length < 3 || last[2] !== 'artifacts' || last.some((name) => name === '' || name === '..')) return [];
    return this.#bases.map((base) => join(base, 'mlruns', ...last));
  }
}

interface Place {
  readonly directory?: string;
  readonly trouble?: { readonly uri: string; readonly detail: string };
}

async function* listPlace(
  { directory, trouble }: Place,
  context: StageContext,
): AsyncGenerator<ArtifactFile, void, void> {
  context.signal.throwIfAborted();
  if (trouble !== undefined) context.notice({ kind: 'artifacts-unreachable', ...trouble });
  if (directory !== undefined) yield* listArtifacts(directory, context);
}

async function* openPlace(
  { directory }: Place,
  file: ArtifactFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  signal.throwIfAborted();
  if (directory === undefined) {
    throw new ConvertError('skip-item', `The artifact directory of ${file.path} is no longer there.`, {
      where: file.uri,
    });
  }
  yield* readArtifact(directory, file.path, signal);
}
