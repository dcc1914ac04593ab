import { basename, dirname } from 'node:path';
import { DirectoryEvents } from './directory-events.js';
import type { SourceWatcher, WatcherListener } from './source-watcher.js';

/** Watches a SQLite database: its file, and the journals beside it. */
export class FileWatcher implements SourceWatcher {
  readonly how = 'events';
  private readonly events: DirectoryEvents;

  /** @param file the database's path, absolute */
  constructor(file: string, { onChange, onError }: WatcherListener) {
    const names = new Set(['', '-journal', '-wal'].map((suffix) => basename(file) + suffix));
    this.events = new DirectoryEvents((_, name) => {
      if (name === undefined || names.has(name)) onChange({ type: 'everything' });
    }, onError);
    this.events.add([dirname(file)]);
  }

  setExperiments(): void {}
  watchRun(): void {}
  unwatchRun(): void {}

  async close(): Promise<void> {
    await this.events.close();
  }
}
