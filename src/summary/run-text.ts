import type { DeletedRun, RunReport, SkipCode } from '../outcome.js';

/** Why a run was skipped, for people. */
const SKIPPED: Readonly<Record<SkipCode, string>> = {
  deleted: 'Deleted in MLflow; --include-deleted converts such runs too.',
  'removed-in-aim': 'Removed in Aim after it had been converted; --restore-removed brings it back.',
  'tracked-by-aim': 'Aim is writing the run at this moment; run again when it is done.',
  'changed-by-aim': 'Aim has changed the run since it was converted; --overwrite replaces it.',
  'changed-while-converting': 'Aim changed the run while it was being converted; the next conversion reads it again.',
  'not-a-run': 'MLflow would not show it as a run.',
};

/** What people are told of a deleted run with which something else was done than what was asked for. */
const NOT_REMOVED: Readonly<Record<NonNullable<DeletedRun['code']>, string>> = {
  'changed-by-aim': 'Aim has changed the run since it was converted, so it was archived and not removed.',
};

/** A run that was skipped or failed, as far as its reason goes. */
export type ReasonedRun = Pick<RunReport, 'code' | 'reason' | 'damage'>;

/** Why a run was skipped or failed, as a sentence. */
export function runReason({ code, reason, damage }: ReasonedRun): string {
  const sentence = reason ?? SKIPPED[code as SkipCode] ?? 'No reason was given.';
  return damage === undefined ? sentence : `${sentence} The run in Aim is damaged (${damage}) and was left as it is.`;
}

/** The run as reports and logs show it: with a sentence where it was skipped or failed. */
export function withReason<R extends Pick<RunReport, 'outcome'> & ReasonedRun>(run: R): R {
  return run.outcome === 'skipped' || run.outcome === 'failed' ? { ...run, reason: runReason(run) } : run;
}

/** The same for a run that MLflow has deleted. */
export function withDeletionReason(run: DeletedRun): DeletedRun & { readonly reason?: string } {
  return run.code === undefined ? run : { ...run, reason: NOT_REMOVED[run.code] };
}
