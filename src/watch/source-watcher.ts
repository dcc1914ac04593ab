import type { EnumeratedRun } from '../stages/enumerate-runs.js';

/**
 * Gives hints about one kind of source. What it follows is narrow: the places where runs appear, and the runs that go on.
 */
export interface SourceWatcher {
  /** How it learns of changes. */
  readonly how: 'events' | 'polling';
  /** These experiments are there (MLflow's ids); others are no longer of interest. */
  experiments(ids: readonly string[]): void;
  /** This run goes on. */
  follow(hash: string, run: EnumeratedRun): void;
  /** This run has ended, or is gone. */
  leave(hash: string): void;
  close(): Promise<void>;
}
