import type { Repository } from '../../aim/repository.js';
import type { StagedFiles } from '../../aim/run-files.js';
import type { RunProperties } from '../../aim/run-metadata.js';
import type { StepOrders } from '../../aim/step-order.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { Notice, Run } from '../../model.js';
import type { SoughtPart, ToldPart } from '../../outcome.js';
import { emptyCounts, type RunCounts, type RunOutcome, type RunReport } from '../../outcome.js';
import type { ArtifactPolicy, MappingPolicy } from '../../policies.js';
import type { EnumeratedRun } from '../../stages/enumerate-runs.js';
import type { Progress } from '../../stages/write-batches.js';
import type { RunPlaces } from './run-places.js';

/** A run to convert, and what is known of it from the last time. A plain object: it may cross to another thread. */
export interface RunTask extends EnumeratedRun {
  readonly hash: string;
  /** Whether Aim lists the run already. */
  readonly listed: boolean;
  /** What was last written into Aim's relational database, if that is known. */
  readonly before?: RunProperties;
  /** A run of this id is in the repository already from this very conversion. */
  readonly twice?: boolean;
  /** The source's mark of the run, where it has been looked at a moment ago: what has come since is found the next time. */
  readonly revision?: string;
  /** What the ledger says was read, if anything. */
  readonly known?: {
    readonly revision: string;
    readonly inputs: string;
    readonly reviewAt: number | null;
    /** What is needed to add to the run in place. */
    readonly growth?: string;
    /** What could not be read then, as far as it is not accepted as missing. */
    readonly unread?: readonly ToldPart[];
    /** What is to be looked at again now, though the run may be as it was. */
    readonly again?: readonly SoughtPart[];
  };
}

/** A run that is built and waits to be published. */
export interface StagedRun {
  readonly hash: string;
  readonly runId: string;
  /** Absent when the repository already holds the same tables. */
  readonly files?: StagedFiles;
  readonly revision: string;
  readonly inputs: string;
  readonly reviewAt: number | null;
  readonly properties: RunProperties;
  readonly experimentId?: string;
  /** Whether the run goes on in MLflow. */
  readonly active?: boolean;
  /** Whether Aim listed the run when it was read: one that is gone since was removed by a person. */
  readonly listed?: boolean;
  /** What will be needed to add to the run in place; absent when it has to be read whole the next time. */
  readonly growth?: string;
  /** What could not be read; absent or empty when all was. Aim keeps what it has of these parts. */
  readonly unread?: readonly ToldPart[];
  /** Where the run lies, when something could not be read. */
  readonly places?: RunPlaces;
  /** The directory that would hold the run's files, and that was not there. */
  readonly awaited?: string;
}

/** What was looked at when a run was read. */
export type RunMarks = Pick<StagedRun, 'revision' | 'inputs'>;

/** What became of a job: the report, and what is to be published. */
export interface RunResult {
  readonly report: RunReport;
  readonly staged?: StagedRun;
}

/** The part of the conversion's options that decides about a single run. */
export interface RunOptions {
  readonly includeDeleted: boolean;
  readonly overwrite: boolean;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
  /** What decides about reading the source: see {@link sourceInputs}. */
  readonly source: string;
  /** The time of the conversion, milliseconds; decides which runs are stale. */
  readonly now: number;
}

/** What the runs of one thread share. */
export interface RunEnvironment {
  readonly store: TrackingStore;
  readonly repository: Repository;
  readonly options: RunOptions;
  readonly orders: StepOrders;
  readonly progress: Progress;
}

/** A run in the staging directory, and what is to be reported of it. */
export interface BuiltRun {
  readonly outcome: RunOutcome;
  readonly details: ReportDetails;
  readonly staged: StagedRun;
}

/** What is told of a run that was read. */
export interface ReportDetails {
  readonly run?: Run;
  readonly code?: RunReport['code'];
  readonly where?: string;
  readonly reason?: string;
  readonly counts?: RunCounts;
  readonly notices?: readonly Notice[];
  /** What could not be read, and is not accepted as gone. */
  readonly unread?: readonly ToldPart[];
}

/** The report of a job; without details, one of which nothing was read. */
export function report(
  { ref, hash, experiment, before }: RunTask,
  outcome: RunOutcome,
  details: ReportDetails = {},
): RunReport {
  const { run, code, where, reason, counts = emptyCounts(), notices = [], unread = [] } = details;
  const runName = run?.name ?? run?.tags.get('mlflow.runName') ?? before?.name;
  return {
    runId: ref.runId,
    runHash: hash,
    ...(runName !== undefined && { runName }),
    experiment: experiment.name,
    outcome,
    ...(code !== undefined && { code }),
    ...(where !== undefined && { where }),
    ...(reason !== undefined && { reason }),
    counts,
    notices,
    ...(unread.length > 0 && { incomplete: unread }),
  };
}
