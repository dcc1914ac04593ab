import type { ArtifactKind, Notice, UnreachableReason, UnreadPart } from './model.js';

/**
 * What became of one run:
 * `new` and `updated` were written, `unchanged` was found as it should be, `skipped` was left out on purpose
 * (`reason` says which), `failed` could not be read or written (`reason` says why) and nothing of it was published.
 */
export type RunOutcome = 'new' | 'updated' | 'unchanged' | 'skipped' | 'failed';

/** Numbers of what was written for a run. All zero unless the run was written. */
export interface RunCounts {
  metrics: number;
  /** Points written, after collapsing. */
  points: number;
  /** Points that Aim cannot hold beside another at the same step. */
  pointsCollapsed: number;
  /** Metrics whose steps were replaced by 0, 1, 2 … */
  metricsRenumbered: number;
  params: number;
  tags: number;
  artifacts: Record<ArtifactKind, number>;
  /** Files that are listed in Aim as links instead of being transferred. */
  artifactsListed: number;
  /** Bytes of artifacts transferred. */
  artifactBytes: number;
  /** Bytes written into the Aim repository. */
  bytesWritten: number;
}

/** A part of a run that could not be read, and why. */
export interface ToldPart extends UnreadPart {
  /** A sentence. */
  readonly why: string;
  /** Of all artifacts; of a link that is not followed `refused`. */
  readonly reason?: UnreachableReason;
  /** Of a whole part: it was empty, which is taken for unread because Aim has something of it. */
  readonly empty?: true;
}

/** A part that is to be looked at again. */
export type SoughtPart = Omit<ToldPart, 'why'>;

/** The report of one run, as `--report` writes it and `run:done` carries it. */
export interface RunReport {
  readonly runId: string;
  /** The run's hash in Aim. */
  readonly runHash: string;
  readonly runName?: string;
  readonly experiment: string;
  readonly outcome: RunOutcome;
  /** A sentence, for `skipped` and `failed`. */
  readonly reason?: string;
  /** What was wrong with the run's files in Aim, as the end of a sentence; it was written anew if it could be read. */
  readonly damage?: string;
  readonly counts: RunCounts;
  /** What was lost or changed on the way; empty for an unchanged run. */
  readonly notices: readonly Notice[];
  /** What could not be read, now or when it was looked for last; absent for a run that is whole. */
  readonly incomplete?: readonly ToldPart[];
}

export function emptyCounts(): RunCounts {
  return {
    metrics: 0,
    points: 0,
    pointsCollapsed: 0,
    metricsRenumbered: 0,
    params: 0,
    tags: 0,
    artifacts: { image: 0, text: 0, audio: 0 },
    artifactsListed: 0,
    artifactBytes: 0,
    bytesWritten: 0,
  };
}

/** What was done about a run that MLflow has no more. */
export interface DeletedRun {
  readonly runId: string;
  readonly runHash: string;
  readonly runName?: string;
  readonly experiment: string;
  readonly action: 'archived' | 'removed' | 'kept';
  /** A sentence, where something else was done than what was asked for. */
  readonly reason?: string;
}

/** Why a run or a whole experiment is passed over. */
export const DELETED = 'Deleted in MLflow; --include-deleted takes such runs along.';

/** Why a run that is not in Aim any more is passed over. */
export const REMOVED = 'Removed in Aim after it had been converted; --restore-removed brings it back.';
