import { ConvertError } from '../../../errors.js';
import type { StageContext } from '../../../model.js';
import { MAX_DIRECTORY_DEPTH, MAX_ENTRIES, MAX_LISTED_DIRECTORIES } from '../../common/bounds.js';
import { tooDeep, tooMany } from '../../local/walk.js';
import { isListedBelow, listedOutside } from '../../trust/listed-path.js';
import { pathAsServed } from './path-as-served.js';
import type { ListedEntry } from './server-transport.js';

/**
 * Lists all files of a run, each once, directory by directory. A directory below the root that cannot be listed, or that is
 * beyond the limits, is a notice of its own. Rejects if the root cannot be listed.
 */
export class ServerWalk {
  readonly #files = new Map<string, ListedEntry>();
  readonly #listed = new Set(['']);

  /** @param list lists a directory, '' being the root; limits by itself how many requests are under way */
  constructor(
    private readonly list: (directory: string) => Promise<ListedEntry[]>,
    private readonly context: StageContext,
  ) {}

  async files(): Promise<ListedEntry[]> {
    await this.#visit('');
    return [...this.#files.values()];
  }

  async #visit(directory: string): Promise<void> {
    if (pathAsServed(directory) !== directory) throw decodedNameError(directory);
    if (directory.split('/').length > MAX_DIRECTORY_DEPTH) throw tooDeep(directory);
    const below = this.#sort(directory, await this.list(directory));
    await Promise.all(below.map((path) => this.#visitBelow(path)));
  }

  async #visitBelow(path: string): Promise<void> {
    try {
      await this.#visit(path);
    } catch (cause) {
      if (this.context.signal.aborted || !isSkippable(cause)) throw cause;
      this.context.notice({ kind: 'artifact-skipped', path, reason: 'unreadable', detail: cause.sentence });
    }
  }

  /** Keeps the files of a directory, and returns its subdirectories that are new. */
  #sort(directory: string, entries: readonly ListedEntry[]): string[] {
    const below: string[] = [];
    for (const entry of entries) {
      const { path } = entry;
      if (!isListedBelow(directory, path)) this.context.notice(listedOutside(path));
      else if (!entry.isDirectory) this.#files.set(path, entry);
      else if (!this.#listed.has(path)) {
        if (this.#listed.size === MAX_LISTED_DIRECTORIES) throw tooManyDirectories(directory);
        this.#listed.add(path);
        below.push(path);
      }
      if (this.#files.size > MAX_ENTRIES) throw tooMany(directory);
    }
    return below;
  }
}

/** True for errors of this location or file only. */
export function isSkippable(cause: unknown): cause is ConvertError {
  return cause instanceof ConvertError && cause.kind !== 'fatal';
}

/** The error for a path that a server would decode to another one. */
export function decodedNameError(path: string): ConvertError {
  const message = `MLflow's server decodes the escapes in the name ${path}, and would return another file or none.`;
  return new ConvertError('skip-item', 'bad-path', message);
}

function tooManyDirectories(directory: string): ConvertError {
  const most = MAX_LISTED_DIRECTORIES.toLocaleString('en');
  const where = directory === '' ? 'The artifacts of the run' : directory;
  return new ConvertError(
    'skip-item',
    'too-large',
    `${where} and the directories listed before have more than ${most} directories.`,
  );
}
