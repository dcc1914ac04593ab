import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { SourceChange } from './change-queue.js';

/** Reports changes of one kind of source. It watches little: the places where runs appear, and the active runs. */
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
  /** Told of each failure to watch; what is not watched is found by reconciliation. */
  onError(error: unknown): void;
}

/** Opens a watcher; undefined where there is none for this source, which is then polled as a whole. */
export type OpenWatcher = (how: 'events' | 'polling', listener: WatcherListener) => SourceWatcher | undefined;
