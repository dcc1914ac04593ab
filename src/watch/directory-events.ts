import { join } from 'node:path';
import { FSWatcher } from 'chokidar';

/** Something has happened to an entry of a watched directory; `name` is undefined where the system does not tell. */
export type DirectoryListener = (directory: string, name: string | undefined, isRename: boolean) => void;

/**
 * Hears of changes in these directories themselves: one watch of the system for each, none for their files or for what
 * lies below. chokidar would also follow every file; that is left out by ignoring all but the directories, whose raw events
 * tell which file it was.
 */
export class DirectoryEvents {
  private readonly watched = new Set<string>();
  private readonly watcher: FSWatcher;

  /** @param onError told of every failure (ENOSPC: the system has no more watches to give) */
  constructor(listener: DirectoryListener, onError: (error: unknown) => void) {
    this.watcher = new FSWatcher({
      persistent: true,
      ignoreInitial: true,
      depth: 0,
      ignored: (path) => !this.watched.has(path),
    });
    this.watcher.on('raw', (event, name, details: unknown) => {
      const directory = watchedPath(details);
      if (directory !== undefined) listener(directory, name || undefined, event === 'rename');
    });
    this.watcher.on('error', onError);
  }

  /** Absolute paths; those that are watched already or do not exist change nothing. */
  add(directories: Iterable<string>): void {
    const added = [...directories].map((directory) => join(directory)).filter((path) => !this.watched.has(path));
    for (const path of added) this.watched.add(path);
    if (added.length > 0) this.watcher.add(added);
  }

  /** This directory is not there any more; should it come again, it may be added again. */
  forget(directory: string): void {
    this.watched.delete(join(directory));
  }

  async close(): Promise<void> {
    await this.watcher.close();
  }
}

function watchedPath(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}
