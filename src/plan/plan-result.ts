import type { ExperimentFailure, Warning } from '../events.js';
import type { DeletedRun, SkipCode } from '../outcome.js';
import type { Content, UnreadableRun } from './inventory.js';
import type { Loss } from './losses.js';
import type { Requirements } from './requirements.js';

/** How many runs a conversion would treat how. */
export interface PlannedRuns {
  /** Not in Aim yet. */
  readonly new: number;
  /** In Aim, and changed in MLflow since, or to be written again because options have changed, or because they are damaged in Aim. */
  readonly changed: number;
  readonly unchanged: number;
  readonly skipped: number;
  /** Cannot be read. */
  readonly failed: number;
}

/** What a conversion with the same options would find, do, lose and need. */
export interface Plan {
  /** The tracking URI, without credentials. */
  readonly source: string;
  /** The directory that holds `.aim`, or in which it would be created. */
  readonly repo: string;
  readonly isNewRepository: boolean;
  /** Experiments whose runs were listed, and those of them that are deleted in MLflow. */
  readonly experiments: number;
  readonly deletedExperiments: number;
  /** Those that could not be read. */
  readonly failedExperiments: readonly ExperimentFailure[];
  readonly runs: PlannedRuns;
  /** Why runs are skipped. */
  readonly skippedRuns: Readonly<Partial<Record<SkipCode, number>>>;
  /** The first ten runs that cannot be read. */
  readonly failedRuns: readonly UnreadableRun[];
  /** Runs of which a part cannot be read. */
  readonly incomplete: number;
  /** Runs whose files in Aim are damaged. */
  readonly damaged: number;
  /** Converted runs that MLflow has deleted or lost, by what would be done about them. */
  readonly deleted: Readonly<Record<DeletedRun['action'], number>>;
  /** Of the new and changed runs. */
  readonly content: Content;
  /** Traces of the experiments, which stay in MLflow; `more` if counting stopped there. Absent if they could not be counted. */
  readonly traces?: { readonly traces: number; readonly more: boolean };
  /** What Aim cannot hold, or could not be read, of the new and changed runs. */
  readonly losses: readonly Loss[];
  /** How long the conversion takes while other programs use the processors as they do now; absent if nothing was measured. */
  readonly seconds?: number;
  /** The same if they do not; absent if nothing was measured. */
  readonly secondsAlone?: number;
  /** Runs that were converted into a temporary repository to find out. */
  readonly sampledRuns: number;
  /** Absent if nothing was measured. */
  readonly requirements?: Requirements;
  readonly warnings: readonly Warning[];
  /** Whether a conversion would change anything in Aim. */
  readonly hasChanges: boolean;
}
