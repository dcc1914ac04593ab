import { type Dirent, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ARTIFACTS, META_FILE, METRICS, TRASH } from '../mlflow/common/layout-names.js';
import { isRunName } from '../mlflow/file/layout.js';
import { isDirectory } from '../mlflow/local/directories.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import { BusyDirectories } from './busy-directories.js';
import { DirectoryEvents } from './directory-events.js';
import type { SourceWatcher, WatcherListener } from './source-watcher.js';

/** Directories of a run that may have subdirectories. */
const DEEP: ReadonlySet<string> = new Set([METRICS, ARTIFACTS]);

/** The levels of nested metric keys or artifact directories that are watched. */
const MAX_DEPTH = 8;

interface WatchedRun {
  readonly directory: string;
  readonly events: BusyDirectories;
}

/**
 * Watches a file store: its root, the directories of its experiments, and those of the active runs. The number of watches
 * grows with the active runs, not with the store.
 */
export class DirectoryWatcher implements SourceWatcher {
  readonly how = 'events';
  private readonly places: DirectoryEvents;
  private readonly runs = new Map<string, WatchedRun>();

  /** @param root the store's directory, absolute */
  constructor(
    private readonly root: string,
    private readonly listener: WatcherListener,
  ) {
    this.places = new DirectoryEvents((directory, name) => this.changed(directory, name), listener.onError);
    this.places.add([root]);
  }

  setExperiments(ids: readonly string[]): void {
    const places = ids.map((id) => join(this.root, id));
    for (const place of places) if (!isDirectory(place)) this.places.forget(place); // in the trash
    this.places.add(places.filter(isDirectory));
  }

  watchRun(hash: string, { ref }: EnumeratedRun): void {
    const known = this.runs.get(hash);
    const directory = join(this.root, ...ref.locator.split('/'));
    if (known?.directory === directory) return;
    if (known !== undefined) this.unwatchRun(hash);
    const events = new BusyDirectories((_, __, isRename) => {
      // perhaps a new directory; it may contain files that are older than its watch
      if (isRename) events.watch(directoriesOf(directory));
      this.listener.onChange({ type: 'run', ref });
    }, this.listener.onError);
    this.runs.set(hash, { directory, events });
    events.watch(directoriesOf(directory));
  }

  unwatchRun(hash: string): void {
    const run = this.runs.get(hash);
    this.runs.delete(hash);
    run?.events.close();
  }

  async close(): Promise<void> {
    for (const { events } of this.runs.values()) events.close();
    this.runs.clear();
    await this.places.close();
  }

  private changed(directory: string, name: string | undefined): void {
    if (directory === this.root) {
      if (name !== TRASH) this.listener.onChange({ type: 'experiments' });
      return;
    }
    const id = relative(this.root, directory).split(sep).join('/');
    if (name === undefined) this.listener.onChange({ type: 'experiment', id });
    else if (name.startsWith(META_FILE)) this.listener.onChange({ type: 'experiments' });
    else if (!isRunName(name)) return;
    else if (isDirectory(join(directory, name))) {
      this.listener.onChange({ type: 'run', ref: { runId: name, experimentId: id, locator: `${id}/${name}` } });
    } else this.listener.onChange({ type: 'everything' }); // a run was removed
  }
}

/** The directories of a run in which files change while it is active. */
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
    return []; // removed, or not readable, which reading the run will report
  }
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
