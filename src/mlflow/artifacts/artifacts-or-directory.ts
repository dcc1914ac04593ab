import { pathToFileURL } from 'node:url';
import type { ArtifactFile, Notice, StageContext } from '../../model.js';
import { hasEntries } from '../local/walk.js';
import type { LinkBounds } from '../trust/links.js';
import type { ArtifactRepository } from './artifact-repository.js';
import { DirectoryArtifacts } from './directory-artifacts.js';

/**
 * The files of a run at its own location or, if that cannot be reached, those in a directory beside the run. MLflow puts no
 * files there for a run whose location is elsewhere: somebody copied or moved them from a location that is no longer in use.
 * They are therefore all files, unless the location is still in use and only fails at the moment.
 */
export class ArtifactsOrDirectory implements ArtifactRepository {
  readonly #own: ArtifactRepository;
  readonly #directory: string;
  readonly #beside: ArtifactRepository;

  constructor(own: ArtifactRepository, directory: string, links: LinkBounds) {
    this.#own = own;
    this.#directory = directory;
    this.#beside = new DirectoryArtifacts(directory, links);
  }

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    let unreachable: Extract<Notice, { kind: 'artifacts-unreachable' }> | undefined;
    const notice = (told: Notice): void => {
      if (told.kind === 'artifacts-unreachable') unreachable = told;
      else context.notice(told);
    };
    yield* this.#own.list({ signal: context.signal, notice });
    if (unreachable === undefined) return;
    const holdsFiles = hasEntries(this.#directory);
    const isStale = unreachable.reason === 'missing' || unreachable.reason === 'no-access';
    const rest = holdsFiles ? ` Only what lies in ${this.#directory} was taken.` : '';
    if (!holdsFiles || !isStale) context.notice({ ...unreachable, detail: `${unreachable.detail}${rest}` });
    if (holdsFiles) yield* this.#beside.list(context);
  }

  open(file: ArtifactFile, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const isBeside = file.uri.startsWith(`${pathToFileURL(this.#directory).href}/`);
    return (isBeside ? this.#beside : this.#own).open(file, signal);
  }
}
