import { basename, dirname } from 'node:path';
import { DirectoryEvents } from './directory-events.js';
import type { Follower } from './follower.js';
import type { Hint } from './hints.js';

/** Watches a SQLite database: its file, and the journals that SQLite keeps beside it. */
export class FileFollower implements Follower {
  readonly how = 'events';
  private readonly events: DirectoryEvents;

  /** @param file the database's path, absolute */
  constructor(file: string, hint: (hint: Hint) => void, onError: (error: unknown) => void) {
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
