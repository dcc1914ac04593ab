import type { ArtifactFile, StageContext } from '../../model.js';
import { listArtifacts, readArtifact } from '../file/artifacts.js';
import type { ArtifactRepository } from './artifact-repository.js';

/** The files of a run in a directory of this machine. */
export class DirectoryArtifacts implements ArtifactRepository {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    context.signal.throwIfAborted();
    yield* listArtifacts(this.#directory, context);
  }

  async *open(file: ArtifactFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    signal.throwIfAborted();
    yield* readArtifact(this.#directory, file.path, signal);
  }
}
