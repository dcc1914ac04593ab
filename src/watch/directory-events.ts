import { join } from 'node:path';
import { FSWatcher } from 'chokidar';

/** An entry of a watched directory has changed; `name` is undefined if the system does not report it. */
export type DirectoryListener = (directory: string, name: string | undefined, isRename: boolean) => void;

/**
 * Watches directories themselves: one system watch for each, none for their files or subdirectories. chokidar would also
 * watch every file, so everything but the directories is ignored; their raw events name the file.
 */
export class DirectoryEvents {
  private readonly watched = new Set<string>();
  private readonly watcher: FSWatcher;

  /** @param onError called with each failure (ENOSPC: the system has no watches left) */
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

  /** Absolute paths. Those that are already watched or do not exist are ignored. */
  add(directories: Iterable<string>): void {
    const added = [...directories].map((directory) => join(directory)).filter((path) => !this.watched.has(path));
    for (const path of added) this.watched.add(path);
    if (added.length > 0) this.watcher.add(added);
  }

  /** The directory no longer exists. When it comes back, it may be added again. */
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
