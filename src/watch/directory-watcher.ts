import { type Dirent, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ARTIFACTS, META_FILE, METRICS, TRASH } from '../mlflow/common/layout-names.js';
import { isRunName } from '../mlflow/file/layout.js';
import { isDirectory } from '../mlflow/local/directories.js';
import type { RunRef } from '../model.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import { BusyDirectories } from './busy-directories.js';
import type { SourceChange } from './change-queue.js';
import { DirectoryEvents } from './directory-events.js';
import type { SourceWatcher } from './source-watcher.js';

/** Directories below a run that may have directories of their own. */
const DEEP: ReadonlySet<string> = new Set([METRICS, ARTIFACTS]);

/** So many levels of nested metric keys or artifact directories are watched. */
const MAX_DEPTH = 8;

interface FollowedRun {
  readonly ref: RunRef;
  readonly directory: string;
  readonly events: BusyDirectories;
}

/**
 * Watches a file store: its root, its experiments' directories, and the directories of the runs that go on. So the
 * number of watches follows the runs under way, not the store.
 */
export class DirectoryWatcher implements SourceWatcher {
  readonly how = 'events';
  private readonly places: DirectoryEvents;
  private readonly runs = new Map<string, FollowedRun>();

  /**
   * @param root the store's directory, absolute
   * @param onError told of each failure to watch; what is not watched is found by reconciliation
   */
  constructor(
    private readonly root: string,
    private readonly hint: (hint: SourceChange) => void,
    private readonly onError: (error: unknown) => void,
  ) {
    this.places = new DirectoryEvents((directory, name) => this.inPlaces(directory, name), onError);
    this.places.add([root]);
  }

  experiments(ids: readonly string[]): void {
    const places = ids.map((id) => join(this.root, id));
    for (const place of places) if (!isDirectory(place)) this.places.forget(place); // in the trash
    this.places.add(places.filter(isDirectory));
  }

  follow(hash: string, { ref }: EnumeratedRun): void {
    const known = this.runs.get(hash);
    const directory = join(this.root, ...ref.locator.split('/'));
    if (known?.directory === directory) return;
    if (known !== undefined) this.leave(hash);
    const events = new BusyDirectories((_, __, isRename) => {
      // a directory may have come, with files in it that came before anybody watched it
      if (isRename) events.watch(directoriesOf(directory));
      this.hint({ type: 'run', ref });
    }, this.onError);
    this.runs.set(hash, { ref, directory, events });
    events.watch(directoriesOf(directory));
  }

  leave(hash: string): void {
    const run = this.runs.get(hash);
    this.runs.delete(hash);
    run?.events.close();
  }

  async close(): Promise<void> {
    for (const { events } of this.runs.values()) events.close();
    this.runs.clear();
    await this.places.close();
  }

  private inPlaces(directory: string, name: string | undefined): void {
    if (directory === this.root) {
      if (name !== TRASH) this.hint({ type: 'experiments' });
      return;
    }
    const id = relative(this.root, directory).split(sep).join('/');
    if (name === undefined) this.hint({ type: 'experiment', id });
    else if (name.startsWith(META_FILE)) this.hint({ type: 'experiments' });
    else if (!isRunName(name)) return;
    else if (isDirectory(join(directory, name))) {
      this.hint({ type: 'run', ref: { runId: name, experimentId: id, locator: `${id}/${name}` } });
    } else this.hint({ type: 'everything' }); // a run is gone
  }
}

/** A run's directory and those in it, in which files change while it goes on. */
function directoriesOf(run: string): string[] {
  const found = [run];
  for (const name of namesOfDirectories(run)) {
    found.push(join(run, name));
    if (DEEP.has(name)) found.push(...below(join(run, name), MAX_DEPTH));
  }
  return found;
}

function below(directory: string, depth: number): string[] {
  if (depth === 0) return [];
  return namesOfDirectories(directory).flatMap((name) => {
    const path = join(directory, name);
    return [path, ...below(path, depth - 1)];
  });
}

function namesOfDirectories(directory: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // gone meanwhile, or not to be looked at: reading the run says so
  }
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
