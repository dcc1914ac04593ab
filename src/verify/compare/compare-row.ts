import type { RunRow, Value } from '../contents.js';
import { type ExpectedProperties, rowTime } from '../expected/properties.js';
import { isSameFloat } from './compare-values.js';
import type { Cause, DifferenceCode, Differences } from './differences.js';
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
}

/** Compares a run's row, with its labels and notes. What differs from what was last written a person has changed. */
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
    const isChanged = written !== undefined && (before ?? null) !== (found ?? null);
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
  compareExperiment(expected, row, differences);
}

type Field = string | boolean | null | undefined;

const TAG_OF: Readonly<Record<string, string>> = { name: 'mlflow.runName', description: 'mlflow.note.content' };

function compareLabels({ labels }: ExpectedProperties, row: RunRow, facts: RowFacts, differences: Differences): void {
  const found = new Set(row.labels.map(({ name }) => name));
  const before = new Set(facts.written?.labels.map(({ name }) => name));
  for (const label of labels) {
    if (found.has(label)) continue;
    const cause = before.has(label) ? 'changed-in-aim' : causeOf(facts, 'label-missing', undefined);
    differences.add('label-missing', cause, { expected: show(label) });
  }
  for (const name of found) {
    if (labels.includes(name)) continue;
    // it may be of a tag that cannot be read
    const isKept = facts.unread.touches('tags');
    const ofOurs = isKept ? 'kept' : causeOf(facts, 'label-missing', undefined);
    const cause: Cause = before.has(name) ? ofOurs : 'changed-in-aim';
    differences.add('label-extra', cause, { found: show(name) });
  }
}

function compareNotes({ note }: ExpectedProperties, row: RunRow, facts: RowFacts, differences: Differences): void {
  const found = row.notes.map(({ content }) => content);
  const before = facts.written?.note;
  if (note !== undefined && !found.includes(note)) {
    const cause = before === note ? 'changed-in-aim' : causeOf(facts, 'note-missing', 'tags', 'mlflow.note.content');
    differences.add('note-missing', cause, { expected: show(note) });
  }
  const others = [...found];
  if (note !== undefined && others.includes(note)) others.splice(others.indexOf(note), 1);
  for (const content of others) {
    const isOurs = content === before && content !== note;
    const cause: Cause = isOurs ? causeOf(facts, 'note-missing', 'tags', 'mlflow.note.content') : 'changed-in-aim';
    differences.add('note-extra', cause, { found: show(content) });
  }
}

/** An experiment that Aim had already keeps its description and gets no note, so other ones are no fault. */
function compareExperiment(expected: ExpectedProperties, { experiment }: RunRow, differences: Differences): void {
  const { experimentDescription, experimentNote } = expected;
  const found = experiment?.description || undefined;
  if (found !== experimentDescription) {
    differences.add('property-differs', 'changed-in-aim', {
      record: 'experiment.description',
      expected: show(experimentDescription),
      found: show(found),
    });
  }
  const notes = (experiment?.notes ?? []).map(({ content }) => content);
  if (experimentNote === undefined || notes.includes(experimentNote)) return;
  differences.add('note-missing', 'changed-in-aim', { record: 'experiment', expected: show(experimentNote) });
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
