import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { SourceWatcher, WatcherListener } from './source-watcher.js';

/**
 * Polls the active runs of a file store and the directories in which runs appear: for file systems without events, and when
 * the system has no watches left.
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
    private readonly listener: Pick<WatcherListener, 'onChange'>,
    every: number,
  ) {
    this.places.set('', this.modified(''));
    this.timer = setInterval(() => this.poll(), every);
  }

  setExperiments(ids: readonly string[]): void {
    for (const id of ids) if (!this.places.has(id)) this.places.set(id, this.modified(id));
  }

  watchRun(hash: string, run: EnumeratedRun): void {
    this.runs.set(hash, run);
  }

  unwatchRun(hash: string): void {
    this.runs.delete(hash);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
  }

  private poll(): void {
    for (const { ref } of this.runs.values()) this.listener.onChange({ type: 'run', ref });
    for (const [id, before] of this.places) {
      const now = this.modified(id);
      if (now === before) continue;
      this.places.set(id, now);
      this.listener.onChange(id === '' ? { type: 'experiments' } : { type: 'experiment', id });
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
