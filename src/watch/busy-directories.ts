import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../errors.js';
import type { DirectoryListener } from './directory-events.js';

/**
 * Watches directories in which files change all the time, with one watch of the system for each and nothing else. chokidar
 * lists a directory again and stats each of its files after every event: for 50 runs that log ten times a second, that was
 * more file system calls than everything else a watch does.
 */
export class BusyDirectories {
  private readonly watchers = new Map<string, FSWatcher>();

  /** @param onError called with each failure (ENOSPC: the system has no watches left) */
  constructor(
    private readonly listener: DirectoryListener,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Watches these absolute paths and no others. One that does not exist is ignored. */
  watch(directories: Iterable<string>): void {
    const wanted = new Set([...directories].map((directory) => join(directory)));
    for (const directory of this.watchers.keys()) if (!wanted.has(directory)) this.forget(directory);
    for (const directory of wanted) if (!this.watchers.has(directory)) this.begin(directory);
  }

  close(): void {
    for (const directory of this.watchers.keys()) this.forget(directory);
  }

  private begin(directory: string): void {
    try {
      const watcher = watch(directory, (event, name) => {
        this.listener(directory, name ?? undefined, event === 'rename');
      });
      watcher.on('error', (error) => {
        this.forget(directory);
        this.onError(error);
      });
      this.watchers.set(directory, watcher);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') this.onError(error);
    }
  }

  private forget(directory: string): void {
    this.watchers.get(directory)?.close();
    this.watchers.delete(directory);
  }
}
