import { ConvertError } from '../../errors.js';
import type { ArtifactFile, Notice, StageContext } from '../../model.js';
import { hasEntries } from '../local/walk.js';
import type { ArtifactRepository } from './artifact-repository.js';
import type { DirectoryArtifacts } from './directory-artifacts.js';

/**
 * The files of a run as its server provides them or, if it cannot list or send them, those in a directory on this machine
 * that the server named.
 */
export class ServerOrDirectory implements ArtifactRepository {
  readonly #server: ArtifactRepository;
  readonly #path: string;
  readonly #directory: DirectoryArtifacts;

  constructor(server: ArtifactRepository, path: string, directory: DirectoryArtifacts) {
    this.#server = server;
    this.#path = path;
    this.#directory = directory;
  }

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    const files: ArtifactFile[] = [];
    const notices: Notice[] = [];
    const asked = { ...context, notice: (notice: Notice) => void notices.push(notice) };
    for await (const file of this.#server.list(asked)) files.push(file);
    const isWhole = notices.length === 0 && files.length > 0;
    if (!isWhole && hasEntries(this.#path)) {
      yield* this.#directory.list(context);
      return;
    }
    for (const notice of notices) context.notice(notice);
    yield* files;
  }

  async *open(file: ArtifactFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    // a server reports no versions: the file was listed in the directory
    if (file.version !== undefined) {
      yield* this.#directory.open(file, signal);
      return;
    }
    let begun = false;
    try {
      for await (const chunk of this.#server.open(file, signal)) {
        begun = true;
        yield chunk;
      }
    } catch (cause) {
      if (signal.aborted || begun || !(cause instanceof ConvertError) || cause.kind !== 'skip-item') throw cause;
      yield* this.#directory.open(file, signal);
    }
  }
}
