import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { SourceChange } from './change-queue.js';

/**
 * Reports changes of one kind of source. It watches as little as possible: the places where runs appear, and the active
 * runs.
 */
export interface SourceWatcher {
  readonly how: 'events' | 'polling';
  /** Sets the experiments to watch, by MLflow's ids. */
  setExperiments(ids: readonly string[]): void;
  watchRun(hash: string, run: EnumeratedRun): void;
  unwatchRun(hash: string): void;
  close(): Promise<void>;
}

export interface WatcherListener {
  onChange(change: SourceChange): void;
  /** Called with each failure to watch; reconciliation finds what is not watched. */
  onError(error: unknown): void;
}

/** Opens a watcher; undefined if there is none for this source, which is then polled as a whole. */
export type OpenWatcher = (how: 'events' | 'polling', listener: WatcherListener) => SourceWatcher | undefined;
