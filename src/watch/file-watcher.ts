import { basename, dirname } from 'node:path';
import type { SourceChange } from './change-queue.js';
import { DirectoryEvents } from './directory-events.js';
import type { SourceWatcher } from './source-watcher.js';

/** Watches a SQLite database: its file, and the journals that SQLite keeps beside it. */
export class FileWatcher implements SourceWatcher {
  readonly how = 'events';
  private readonly events: DirectoryEvents;

  /** @param file the database's path, absolute */
  constructor(file: string, hint: (hint: SourceChange) => void, onError: (error: unknown) => void) {
    const names = new Set(['', '-journal', '-wal'].map((suffix) => basename(file) + suffix));
    this.events = new DirectoryEvents((_, name) => {
      if (name === undefined || names.has(name)) hint({ type: 'everything' });
    }, onError);
    this.events.add([dirname(file)]);
  }

  experiments(): void {}
  follow(): void {}
  leave(): void {}

  async close(): Promise<void> {
    await this.events.close();
  }
}
