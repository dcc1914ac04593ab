import type { ArtifactFile, StageContext } from '../../model.js';
import { listArtifacts, readArtifact } from '../local/list-files.js';
import type { LinkBounds } from '../trust/links.js';
import type { ArtifactRepository } from './artifact-repository.js';

/** The files of a run in a directory on this machine. */
export class DirectoryArtifacts implements ArtifactRepository {
  readonly #directory: string;
  readonly #links: LinkBounds;

  constructor(directory: string, links: LinkBounds) {
    this.#directory = directory;
    this.#links = links;
  }

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    context.signal.throwIfAborted();
    yield* listArtifacts(this.#directory, this.#links, context);
  }

  async *open(file: ArtifactFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    signal.throwIfAborted();
    yield* readArtifact(this.#directory, file.path, signal);
  }
}
