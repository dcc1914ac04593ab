import type { Compared } from '../compare/verdict.js';
import type { Finding } from '../contents.js';

/** What the check of one run's structure came to. A plain object: it crosses threads. */
export interface StructureResult {
  /** A run that is `gone` was removed before it was opened. */
  readonly state: 'checked' | 'gone';
  readonly looked: Compared;
  /** The first of them, and how many there are. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

/** Checks the structure of runs: in this thread, or in others. */
export interface StructureChecker {
  /** Rejects with a `fatal` error where the repository cannot be read, or when it has been stopped. */
  check(hash: string): Promise<StructureResult>;
  stop(): Promise<void>;
}
