import type { RunOutcome } from '../../outcome.js';
import type { ConversionSummary } from '../../summary/summary.js';
import type { ThroughputNumbers } from '../throughput.js';

/** A run as the page shows it. All texts are bounded, on one line, and without control characters. */
export interface PageRun {
  readonly id: string;
  readonly name?: string;
  readonly experiment: string;
  readonly outcome: RunOutcome;
  /** How long it took, where it was read. */
  readonly seconds?: number;
  readonly points: number;
  /** Artifacts transferred. */
  readonly artifacts: number;
  /** Why it was skipped or failed, as a sentence. */
  readonly reason?: string;
  /** What could not be read of it, and why. */
  readonly unread?: readonly string[];
  /** What was lost or changed on the way, as sentences. */
  readonly notices?: readonly string[];
  /** The {@link PageGroup}s that it belongs to, by key. */
  readonly groups?: readonly string[];
}

/** Runs that share a cause, or a kind of loss. */
export interface PageGroup {
  readonly key: string;
  /** What it is, in few words. */
  readonly title: string;
  /** As on docs/codes.md. */
  readonly code: string;
  readonly runs: number;
  /** How many files, points, metrics … it concerns in all these runs, with the word: `3 files`. */
  readonly amount?: string;
  /** More about all of them, or the sentence of the first. */
  readonly detail?: string;
}

/** Causes and losses of all runs, including those that are not on the page. */
export interface PageGroups {
  readonly failed: readonly PageGroup[];
  readonly incomplete: readonly PageGroup[];
  readonly skipped: readonly PageGroup[];
  readonly leftBehind: readonly PageGroup[];
}

/** How much there is to say of a run: the page has room for so many of each. */
export type PageRank = 'attention' | 'noticed' | 'plain';

/** Everything on the page but the runs. */
export interface PageReport {
  readonly version: string;
  readonly started: string;
  readonly finished: string;
  readonly source?: string;
  readonly repo?: string;
  readonly interrupted: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly summary: Omit<ConversionSummary, 'failedRuns' | 'skippedRuns' | 'artifactsSkipped'>;
  readonly throughput: ThroughputNumbers;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly failedExperiments: readonly { readonly id: string; readonly code: string; readonly message: string }[];
  readonly groups: PageGroups;
  /** The runs that took longest, slowest first. */
  readonly slowest: readonly PageRun[];
  /** Runs that found no room on the page. */
  readonly omitted: Readonly<Record<PageRank, number>>;
}
