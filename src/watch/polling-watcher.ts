import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { SourceChange } from './change-queue.js';
import type { SourceWatcher } from './source-watcher.js';

/**
 * Looks at the runs of a file store that go on, and at the directories in which runs appear, again and again: for file
 * systems that have no events, and where the system has no more watches to give.
 */
export class PollingWatcher implements SourceWatcher {
  readonly how = 'polling';
  private readonly timer: NodeJS.Timeout;
  private readonly runs = new Map<string, EnumeratedRun>();
  /** Modification times of the root ('') and of the experiments' directories. */
  private places = new Map<string, number | undefined>();

  /** @param every milliseconds */
  constructor(
    private readonly root: string,
    private readonly hint: (hint: SourceChange) => void,
    every: number,
  ) {
    this.places.set('', this.modified(''));
    this.timer = setInterval(() => this.look(), every);
  }

  experiments(ids: readonly string[]): void {
    for (const id of ids) if (!this.places.has(id)) this.places.set(id, this.modified(id));
  }

  follow(hash: string, run: EnumeratedRun): void {
    this.runs.set(hash, run);
  }

  leave(hash: string): void {
    this.runs.delete(hash);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const { ref } of this.runs.values()) this.hint({ type: 'run', ref });
    for (const [id, before] of this.places) {
      const now = this.modified(id);
      if (now === before) continue;
      this.places.set(id, now);
      this.hint(id === '' ? { type: 'experiments' } : { type: 'experiment', id });
    }
  }

  private modified(id: string): number | undefined {
    try {
      return statSync(join(this.root, id), { throwIfNoEntry: false })?.mtimeMs;
    } catch {
      return undefined;
    }
  }
}
