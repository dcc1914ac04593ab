import type { StagedFiles } from '../../aim/run-files.js';
import type { RunProperties } from '../../aim/run-properties.js';
import type { Notice, Run } from '../../model.js';
import {
  emptyCounts,
  type RewriteReason,
  type RunCounts,
  type RunOutcome,
  type RunReport,
  type ToldPart,
} from '../../outcome.js';
import type { KeptNotices } from './kept-notices.js';
import type { RunPlaces } from './run-places.js';
import type { RunTask } from './run-task.js';

/** The result of a task: the report, and the run to be published, if there is one. */
export interface RunResult {
  readonly report: RunReport;
  readonly staged?: StagedRun;
}

/** A run that is built and not yet published. */
export interface StagedRun {
  readonly hash: string;
  readonly runId: string;
  /** Absent if the repository has the same tables already. */
  readonly files?: StagedFiles;
  readonly revision: string;
  readonly inputs: string;
  readonly reviewAt: number | null;
  readonly properties: RunProperties;
  readonly experimentId?: string;
  /** Whether the run is active in MLflow. */
  readonly active?: boolean;
  /** Whether Aim listed the run when it was read: if it no longer does, a person has removed it. */
  readonly existsInAim?: boolean;
  /** What is needed to append to the run (append-state.ts); absent if it must be read whole the next time. */
  readonly appendState?: string;
  /** What could not be read; absent or empty if everything was. Aim keeps what it has of these parts. */
  readonly unread?: readonly ToldPart[];
  /** Where the run is in MLflow, if something could not be read. */
  readonly places?: RunPlaces;
  /** The directory for the run's files, if it does not exist. */
  readonly awaited?: string;
  /** What was lost or changed on the way; absent for nothing. */
  readonly notices?: KeptNotices;
}

/** The state of the source that a run was read in. */
export type ReadState = Pick<StagedRun, 'revision' | 'inputs'>;

/** A task whose run was read: its header, and the state of the source just before. */
export interface ReadRun {
  readonly task: RunTask;
  readonly run: Run;
  readonly state: ReadState;
}

/** A run that was built, and what to report of it. */
export interface BuiltRun {
  readonly outcome: RunOutcome;
  readonly details: ReportDetails;
  readonly staged: StagedRun;
}

/** What is reported of a run that was read. */
export interface ReportDetails {
  readonly run?: Run;
  readonly code?: RunReport['code'];
  readonly where?: string;
  readonly reason?: string;
  readonly counts?: RunCounts;
  readonly notices?: readonly Notice[];
  readonly rewritten?: RewriteReason;
  /** What could not be read, and is not accepted as missing. */
  readonly unread?: readonly ToldPart[];
}

/** The report of a task; without details if nothing of the run was read. */
export function runReport(
  { ref, hash, experiment, previousProperties }: RunTask,
  outcome: RunOutcome,
  details: ReportDetails = {},
): RunReport {
  const { run, code, where, reason, rewritten, counts = emptyCounts(), notices = [], unread = [] } = details;
  const runName = run?.name ?? run?.tags.get('mlflow.runName') ?? previousProperties?.name;
  return {
    runId: ref.runId,
    runHash: hash,
    ...(runName !== undefined && { runName }),
    experiment: experiment.name,
    outcome,
    ...(run !== undefined && { status: run.status }),
    ...(code !== undefined && { code }),
    ...(where !== undefined && { where }),
    ...(reason !== undefined && { reason }),
    ...(rewritten !== undefined && { rewritten }),
    counts,
    notices,
    ...(unread.length > 0 && { incomplete: unread }),
  };
}
