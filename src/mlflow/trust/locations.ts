import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ARTIFACTS } from '../common/layout-names.js';
import { uriTarget } from '../locations/file-uri.js';
import { type ObjectLocation, objectLocation } from '../locations/object-location.js';
import { isWithin, kindOfEntry, realPath } from './paths.js';

export interface TrustedPlaces {
  /** What the user named with `--allow-root`: paths, `file:` URIs and URIs of object stores. */
  readonly allowRoots?: readonly string[] | undefined;
  /** Named by the user as well. */
  readonly artifactsDestination?: string | undefined;
  /** Directories of the source itself, absolute: a file store, or what MLflow puts beside a database. */
  readonly stores?: readonly string[];
  /** Whether run ids are the names of directories in a file store; those of databases and servers are 32 hex characters. */
  readonly idsAreNames?: boolean;
}

/**
 * Which artifact locations are followed (docs/trust.md). Where the files of a run lie is data that anybody may have written;
 * so a location is followed when it has MLflow's own shape, `…/<run id>/artifacts`, which names nothing but a run's files, or
 * lies in the source itself or below a root that the user named.
 */
export class TrustedLocations {
  readonly #directories: readonly string[];
  readonly #objects: readonly ObjectLocation[];
  readonly #stores: readonly string[];
  readonly #idsAreNames: boolean;

  constructor({ allowRoots = [], artifactsDestination, stores = [], idsAreNames = false }: TrustedPlaces) {
    const named = [...allowRoots, ...(artifactsDestination === undefined ? [] : [artifactsDestination])];
    this.#directories = named.flatMap(directoriesOf);
    this.#objects = named.flatMap((uri) => objectLocation(uri) ?? []);
    this.#stores = stores.map((store) => resolve(store));
    this.#idsAreNames = idsAreNames;
  }

  /** Whether the files of a run are taken from a directory of this machine that is there. */
  followsDirectory(path: string, runId: string): boolean {
    return this.#isOfLayout(path, runId) || this.#hasShape(realPath(path), runId) || this.#isInPlaces(path);
  }

  /** Whether a directory lies below a root that the user named. */
  isNamed(path: string): boolean {
    const real = realPath(path);
    return real !== undefined && this.#directories.some((root) => isBelow(real, root));
  }

  /** Whether the files of a run are taken from a place in an object store. */
  followsObjects({ base, path }: ObjectLocation, runId: string): boolean {
    const names = segments(path);
    if (names.includes('..') || names.includes('.')) return false;
    if (this.#isRunId(runId) && names.at(-1) === ARTIFACTS && names.at(-2) === runId) return true;
    return this.#objects.some((root) => root.base === base && startsWith(names, segments(root.path)));
  }

  /** The run's directory in a store may be a link, as may all above it; `artifacts` in it is a directory. */
  #isOfLayout(path: string, runId: string): boolean {
    if (!this.#hasShape(path, runId)) return false;
    return this.#stores.some((store) => isWithin(path, store)) && kindOfEntry(path) === 'directory';
  }

  #isInPlaces(path: string): boolean {
    const real = realPath(path);
    return real !== undefined && [...this.#stores, ...this.#directories].some((root) => isBelow(real, root));
  }

  #hasShape(path: string | undefined, runId: string): boolean {
    if (path === undefined || !this.#isRunId(runId)) return false;
    return basename(path) === ARTIFACTS && basename(dirname(path)) === runId;
  }

  #isRunId(id: string): boolean {
    return this.#idsAreNames || /^[0-9a-f]{32}$/i.test(id);
  }
}

/** Why a location was not followed, and the switch that makes it be; `root` is a path or a URI without credentials. */
export function notFollowedReason(root: string): string {
  const uri = root.startsWith('/') ? pathToFileURL(root).href : root;
  return `The artifact location is not of the form …/<run id>/artifacts, and was not followed; --allow-root ${uri} follows it.`;
}

function directoriesOf(uri: string): string[] {
  const target = uriTarget(uri);
  return target.kind === 'local' ? target.paths.map((path) => resolve(path)) : [];
}

function isBelow(real: string, root: string): boolean {
  const directory = realPath(root);
  return directory !== undefined && isWithin(real, directory);
}

function segments(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function startsWith(names: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((name, index) => names[index] === name);
}
