import type { RunRow, Value } from '../contents.js';
import { type ExpectedProperties, rowTime } from '../expected/properties.js';
import { compareExperiment, compareLabels, compareNotes } from './compare-row-parts.js';
import { isSameFloat } from './compare-values.js';
import type { Differences } from './differences.js';
import { isUntouched } from './row-marks.js';
import { causeOf, type RunFacts } from './run-facts.js';
import { show, showTime, showValue } from './show.js';

/** What the last conversion wrote into the row of a run, as the ledger remembers it. */
export interface WrittenRow {
  readonly name?: string;
  readonly description?: string;
  readonly note?: string;
  /** Seconds since the epoch. */
  readonly creationTime: number;
  readonly archived: boolean;
  readonly labels: readonly { readonly name: string }[];
  readonly experiment: { readonly name: string; readonly description?: string };
}

/** What is known of a run's row beside the row. */
export interface RowFacts extends RunFacts {
  readonly written: WrittenRow | undefined;
  /** What was done about it when MLflow had deleted it. */
  readonly deletion: 'archived' | 'kept' | undefined;
  /** MLflow has, or had, other experiments of the same name: Aim's may be theirs. */
  readonly isNameShared: boolean;
}

/** Compares a run's row, with its labels and notes. What differs from what was last written a person has changed, if it can be. */
export function compareRow(expected: ExpectedProperties, row: RunRow, facts: RowFacts, differences: Differences): void {
  const { written } = facts;
  const { deletion } = facts;
  const isArchived = deletion === undefined ? expected.isArchived : deletion === 'archived';
  const fields: readonly (readonly [string, Field, Field, Field])[] = [
    ['name', expected.name, row.name, written?.name],
    ['description', expected.note, row.description || undefined, written?.description],
    ['experiment', expected.experiment, row.experiment?.name, written?.experiment.name],
    ['archived', isArchived, row.archived, deletion === 'archived' ? true : written?.archived],
    ['created_at', rowTime(expected.createdAt), row.createdAt, written && rowTime(written.creationTime * 1000)],
  ];
  for (const [name, wanted, found, before] of fields) {
    if ((wanted ?? null) === (found ?? null)) continue;
    const isChanged = written !== undefined && (before ?? null) !== (found ?? null) && mayBePersons(name, row, facts);
    const cause = isChanged
      ? 'changed-in-aim'
      : causeOf(facts, 'property-differs', TAG_OF[name] === undefined ? undefined : 'tags', TAG_OF[name]);
    differences.add('property-differs', cause, {
      record: `run.${name}`,
      expected: show(wanted ?? undefined),
      found: show(found ?? undefined),
    });
  }
  compareLabels(expected, row, facts, differences);
  compareNotes(expected, row, facts, differences);
  compareExperiment(expected, row.experiment, facts, differences);
}

type Field = string | boolean | null | undefined;

const TAG_OF: Readonly<Record<string, string>> = { name: 'mlflow.runName', description: 'mlflow.note.content' };

/** Whether Aim can have changed a field of a row: it leaves its mark, and has no way to change when a run began but to make the row. */
function mayBePersons(field: string, row: RunRow, { written, isWrittenByAim }: RowFacts): boolean {
  const isOurs = written !== undefined && row.updatedAt === rowTime(written.creationTime * 1000);
  const isTouched = !isOurs && !isUntouched(row);
  if (field === 'created_at') return isTouched && isWrittenByAim;
  // one that was renamed is another
  return isTouched || (field === 'experiment' && row.experiment !== undefined && !isUntouched(row.experiment));
}

/** Compares the end time, which lies among the run's records: seconds, or None of an active run. */
export function compareEndTime(
  { endedAt, isStale }: ExpectedProperties,
  found: Value | undefined,
  facts: RunFacts,
  differences: Differences,
): void {
  if (found?.type === 'none' && endedAt === undefined) return;
  if (found?.type === 'float' && endedAt !== undefined && isSameFloat(endedAt / 1000, found)) return;
  // it has become stale since the last conversion, which the next one sees
  const cause = isStale && found?.type === 'none' ? 'behind' : causeOf(facts, 'end-time-differs', undefined);
  differences.add('end-time-differs', cause, {
    record: 'end_time',
    expected: endedAt === undefined ? 'none: it is active' : showTime(endedAt / 1000),
    found:
      found?.type === 'float'
        ? showTime(found.value)
        : found?.type === 'none'
          ? 'none: it is active'
          : showValue(found),
  });
}
