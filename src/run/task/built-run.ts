import type { StagedFiles } from '../../aim/run-files.js';
import type { RunProperties } from '../../aim/run-properties.js';
import type { Notice } from '../../model.js';
import type { RunCounts, ToldPart } from '../../outcome.js';
import { keptNotices } from './kept-notices.js';
import type { BuiltRun, ReadRun, StagedRun } from './run-result.js';

/** What was written of a run. */
export interface WrittenRun {
  /** Undefined if Aim has the same tables already. */
  readonly files: StagedFiles | undefined;
  readonly properties: RunProperties;
  /** Seconds since the epoch; null while the run is active. */
  readonly endTime: number | null;
  /** When an unchanged run must be read again, milliseconds since the epoch; null for never. */
  readonly reviewAt: number | null;
  /** Undefined if the run must be read whole the next time. */
  readonly appendState: string | undefined;
  readonly counts: RunCounts;
  readonly notices: readonly Notice[];
  readonly unread: readonly ToldPart[];
}

/** The run to be published; `unchanged` if Aim has all of it already. */
export function builtRun(
  { task, run, state }: ReadRun,
  { files, properties, endTime, reviewAt, appendState, counts, notices, unread }: WrittenRun,
): BuiltRun {
  const { hash, ref, existsInAim, previousProperties } = task;
  const kept = keptNotices(notices);
  const staged: StagedRun = {
    ...state,
    hash,
    runId: run.id,
    experimentId: ref.experimentId,
    active: endTime === null,
    existsInAim,
    reviewAt,
    properties,
    ...(unread.length > 0 && { unread }),
    ...(files !== undefined && { files }),
    ...(appendState !== undefined && { appendState }),
    ...(kept !== undefined && { notices: kept }),
  };
  const hasSameProperties =
    previousProperties === undefined || JSON.stringify(previousProperties) === JSON.stringify(properties);
  if (files === undefined && existsInAim && hasSameProperties) {
    return { outcome: 'unchanged', details: { run, notices, unread }, staged };
  }
  return { outcome: existsInAim ? 'updated' : 'new', details: { run, counts, notices, unread }, staged };
}
