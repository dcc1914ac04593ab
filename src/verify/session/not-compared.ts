import type { LedgerEntry } from '../../state/ledger.js';
import { nothingCompared, type RunVerdict } from '../compare/verdict.js';
import type { RunRow } from '../contents.js';
import { hashOf } from '../expected/run-hash.js';
import type { VerifyTask } from '../work/verify-task.js';

/** A run as its source lists it. */
export type ListedRun = Pick<VerifyTask, 'experiment' | 'ref'>;

/** The verdict about a run that Aim has and MLflow does not. @param entry where it was converted from this source */
export function extraRun(hash: string, row: RunRow | undefined, entry: LedgerEntry | undefined): RunVerdict {
  const isGone = entry !== undefined && entry.deleted === undefined;
  const reason = isGone
    ? 'MLflow no longer has it; the next conversion does with it what --deleted says.'
    : entry === undefined
      ? 'It was not converted from this source.'
      : 'MLflow has deleted it since it was converted.';
  return {
    ...nothingCompared(hash),
    ...(entry !== undefined && { runId: entry.runId }),
    ...(row?.name != null && { runName: row.name }),
    ...(row?.experiment !== undefined && { experiment: row.experiment.name }),
    verdict: 'extra',
    ...(isGone && { isUnexpected: true }),
    reason,
  };
}

/** Why a run cannot be compared. @param version of the stages */
export function ofStages(version: string): string {
  return `It was converted through stages of a program ("${version}"), which alone knows what they make of a run.`;
}

/** The verdict about a run of which nothing was compared. */
export function withoutContent(
  { ref, experiment }: ListedRun,
  verdict: RunVerdict['verdict'],
  reason?: string,
): RunVerdict {
  return {
    ...nothingCompared(hashOf(ref.runId)),
    runId: ref.runId,
    experiment: experiment.name,
    verdict,
    ...(reason !== undefined && { reason }),
  };
}
