import type { ErrorCode } from './errors.js';
import type { ArtifactKind, Notice, RunStatus, UnreachableReason, UnreadPart } from './model.js';

/**
 * What became of one run:
 * `new` and `updated` were written, `unchanged` was up to date already, `skipped` was left out on purpose (`code` says why),
 * `failed` could not be read or written (`reason` says why) and nothing of it was published.
 */
export type RunOutcome = 'new' | 'updated' | 'unchanged' | 'skipped' | 'failed';

/** Why a run was left out on purpose. Stable: programs decide by it, as we do; summary/run-text.ts has the sentences. */
export type SkipCode =
  /** Deleted in MLflow, and `includeDeleted` is off. */
  | 'deleted'
  /** Removed in Aim after it had been converted. */
  | 'removed-in-aim'
  /** Aim is writing the run at this moment. */
  | 'tracked-by-aim'
  /** Aim has written the run since it was converted. */
  | 'changed-by-aim'
  /** Aim has written the run while it was being converted. */
  | 'changed-while-converting'
  /** What looked like a run is none that MLflow itself would show; the error that says why brings the sentence. */
  | 'not-a-run';

/**
 * Why an active run was written whole although Aim had it already: appending costs what was added, a rewrite what the run has.
 * Stable, as {@link SkipCode}.
 */
export type RewriteReason =
  /** The last conversion could not keep what appending needs. */
  | 'no-state'
  /** The options, the experiment or the mapping have changed. */
  | 'inputs-changed'
  /** All runs were to be read again. */
  | 'forced'
  /** Something that could not be read before can be read now. */
  | 'readable-again'
  /** The run's files in Aim are damaged, or not those that were written last. */
  | 'changed-in-aim'
  /** Something of the header cannot be read; what Aim has of it is kept. */
  | 'header-unread'
  /** A history could not be read without a notice. */
  | 'history-unread'
  /** The artifacts, or some of them, cannot be read or listed, or could not be the last time. */
  | 'artifacts-unread'
  /** Points were removed, or came before others in arrival order. */
  | 'history-rewritten'
  /** The policy for repeated steps needs the points before: a step is below the highest, or repeats. */
  | 'step-order'
  /** A metric belongs to another sequence, because of another metric or dataset that has come. */
  | 'metric-moved'
  /** An artifact that is in Aim no longer belongs there, or belongs elsewhere. */
  | 'artifacts-moved'
  | 'terminal-log-changed'
  /** More was added than is held in memory, or there are too many artifacts to remember. */
  | 'too-much'
  /** The start time has changed, or the run has become stale. */
  | 'times-changed'
  /** There is nothing to report any more, and messages of a run cannot all be taken away. */
  | 'messages-gone'
  /** A metric and artifacts share a sequence. */
  | 'sequence-conflict'
  /** Appending failed; a rewrite may succeed. */
  | 'append-failed';

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
  /** The run's status in MLflow; absent if its header was not read. */
  readonly status?: RunStatus;
  /** Whether it is active in MLflow, so that more may come; absent if that is not known. */
  readonly active?: boolean;
  /** Why, for `skipped` and `failed`. */
  readonly code?: SkipCode | ErrorCode;
  /** The file, URI or run that the error is about, for `failed`, where it is known. */
  readonly where?: string;
  /** The sentence of the error, where one was the cause; summary/run-text.ts has those of skip codes. */
  readonly reason?: string;
  /** What was wrong with the run's files in Aim, as the end of a sentence; it was written anew if it could be read. */
  readonly damage?: string;
  /** Why it was written whole, for an active run that Aim had already. */
  readonly rewritten?: RewriteReason;
  /** How long reading and building it took, beside other runs; absent if nothing of it was read. */
  readonly seconds?: number;
  readonly counts: RunCounts;
  /** What was lost or changed on the way; of an unchanged run, when it was converted. */
  readonly notices: readonly Notice[];
  /** So many more notices there were, of an unchanged run of which not all are remembered. */
  readonly noticesMore?: number;
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
    artifacts: { image: 0, text: 0, audio: 0, figure: 0 },
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
  /** Why something else was done than what was asked for. */
  readonly code?: Extract<SkipCode, 'changed-by-aim'>;
}
